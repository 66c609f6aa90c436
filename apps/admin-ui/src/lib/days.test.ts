import { expect, it } from 'vitest'
import { daysInWords, daysOf } from './days.ts'

it('reads whole days, and nothing as none', () => {
  expect(['', '  ', '1', ' 30 ', '36500'].map(daysOf)).toEqual([null, null, 1, 30, 36_500])
  for (const text of ['0', '-1', '1.5', '36501', 'ten', '1e9', 'NaN']) expect(daysOf(text)).toBe('invalid')
})

it('says days in words', () => {
  expect([null, 1, 30, 36_500].map(daysInWords)).toEqual(['for ever', '1 day', '30 days', '36,500 days'])
})
