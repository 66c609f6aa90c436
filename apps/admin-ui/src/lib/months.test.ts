import { expect, test } from 'vitest'
import { monthsUntil } from './months.ts'

test('months go back across a new year, and no day of the month makes one appear twice', () => {
  expect(monthsUntil(new Date('2026-03-31T23:59:59Z'), 4)).toEqual(['2026-03', '2026-02', '2026-01', '2025-12'])
})
