import { describe, expect, it } from 'vitest'
import { ChangedLines } from './changed-lines.ts'

const lines = (...numbers: number[]) => numbers.map((number) => ({ number }))
const numbers = (found: readonly { number: number }[]) => found.map(({ number }) => number)

describe('lines that were extended', () => {
  it('are extended in place', () => {
    const changed = new ChangedLines()
    expect(changed.change(5, { from: 100, to: 120, isHere: true })).toBe(true)
    expect(changed.isStale(5)).toBe(false)
    expect(changed.change(6, { from: 120, to: 130, isHere: false })).toBe(false)
  })

  it('are not replaced by an older answer, and are fetched again where there is no newer one', () => {
    const changed = new ChangedLines()
    changed.change(5, { from: 100, to: 120, isHere: true })
    changed.change(6, { from: 100, to: 120, isHere: false })
    const answer = { to: 110, at: 120, isSettled: true }
    expect(numbers(changed.fetch(lines(4, 5, 6), answer, (line) => line === 5))).toEqual([4, 6])
    expect([changed.isStale(5), changed.isStale(6)]).toEqual([false, true])
    expect(numbers(changed.fetch(lines(4, 5, 6), { ...answer, to: 120 }, () => true))).toEqual([4, 5, 6])
    expect(changed.isStale(6)).toBe(false)
  })

  it('are not extended twice when an answer was ahead of the stream', () => {
    const changed = new ChangedLines()
    changed.fetch(lines(1, 2, 3), { to: 150, at: 100, isSettled: true }, () => false)
    expect(changed.change(2, { from: 100, to: 120, isHere: true })).toBe(false)
    expect(changed.isStale(2)).toBe(true)
    expect(changed.change(3, { from: 150, to: 160, isHere: true })).toBe(true)
  })

  it('are fetched again once the server has indexed the log', () => {
    const changed = new ChangedLines()
    changed.fetch(lines(1, 2), { to: 100, at: null, isSettled: false }, () => false)
    changed.settle(true)
    expect([1, 2, 3].map((line) => changed.isStale(line))).toEqual([true, true, false])
    changed.fetch(lines(1, 2), { to: 200, at: null, isSettled: true }, () => true)
    changed.settle(true)
    expect(changed.isStale(1)).toBe(false)
  })
})
