import { expect, test } from 'vitest'
import { quotaOf, quotaText } from './quota.ts'

test('a quota is shown for editing as the shortest exact number', () => {
  expect(quotaText(null)).toBe('')
  expect(quotaText(0)).toBe('0')
  expect(quotaText(5 * 1_048_576)).toBe('5')
  expect(quotaText(1_572_864)).toBe('1.5')
  expect(quotaText(50_000_000)).toBe('47.683716')
})

test('every number of bytes survives editing unchanged', () => {
  for (let bytes = 1; bytes <= Number.MAX_SAFE_INTEGER; bytes = bytes * 3 + 1) {
    expect(quotaOf(quotaText(bytes))).toBe(bytes)
  }
  expect(quotaOf(quotaText(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
})

test.each(['', '  '])('blank text (%j) means no quota', (text) => {
  expect(quotaOf(text)).toBeNull()
})

test.each(['-1', '1e30', 'much', '5 MiB', 'NaN', 'Infinity'])('%j is refused', (text) => {
  expect(quotaOf(text)).toBe('invalid')
})
