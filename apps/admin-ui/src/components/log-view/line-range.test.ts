import { expect, it } from 'vitest'
import { readRange, writeRange } from './line-range.ts'

it.each([
  ['#L100', { first: 100, last: 100 }],
  ['L100-L140', { first: 100, last: 140 }],
  ['#L140-L100', { first: 100, last: 140 }],
  ['#L7-9', { first: 7, last: 9 }],
])('%s points at lines', (hash, range) => {
  expect(readRange(hash)).toEqual(range)
  expect(readRange(writeRange(range))).toEqual(range)
})

it.each(['', '#', '#L', '#L0', '#L1-', '#L-5', '#x', '#L1x', '#L9999999999999999'])(
  '%j does not point at lines',
  (hash) => {
    expect(readRange(hash)).toBeNull()
  },
)
