import { describe, expect, it } from 'vitest'
import { ScrollMap } from './scroll-map.ts'

const VIEWPORT = 600
const ROW = 20

describe('a scroll bar', () => {
  it('maps content that fits into an element one to one', () => {
    const map = new ScrollMap(100_000)
    expect(map.height).toBe(100_000)
    for (const at of [0, 1, 555, 99_400]) {
      expect(map.toContent(at, VIEWPORT)).toBe(at)
      expect(map.toScroll(at, VIEWPORT)).toBe(at)
    }
  })

  it('maps content of any height to what browsers allow', () => {
    for (const lines of [1_000_000, 10_000_000, 1_000_000_000]) {
      expect(new ScrollMap(lines * ROW).height).toBeLessThan(16_000_000)
    }
  })

  it('moves one to one at both ends of taller content', () => {
    const map = new ScrollMap(20_000_000)
    const end = map.height - VIEWPORT
    expect(map.toContent(0, VIEWPORT)).toBe(0)
    expect(map.toContent(end, VIEWPORT)).toBe(20_000_000 - VIEWPORT)
    expect(map.toContent(40, VIEWPORT)).toBe(40)
    expect(map.toContent(end - 40, VIEWPORT)).toBe(20_000_000 - VIEWPORT - 40)
  })

  it('maps each of a million lines to a position and back', () => {
    const map = new ScrollMap(1_000_000 * ROW)
    for (let line = 0; line < 1_000_000; line += 997) {
      const there = map.toContent(map.toScroll(line * ROW, VIEWPORT), VIEWPORT)
      expect(there).toBeCloseTo(Math.min(line * ROW, 1_000_000 * ROW - VIEWPORT), 3)
    }
  })

  it('never turns back', () => {
    const map = new ScrollMap(50_000_000)
    let before = -1
    for (let at = 0; at <= map.height - VIEWPORT; at += 9_973) {
      const place = map.toContent(at, VIEWPORT)
      expect(place).toBeGreaterThan(before)
      before = place
    }
  })

  it('does not move when everything is on screen', () => {
    const map = new ScrollMap(100)
    expect([map.toContent(5, VIEWPORT), map.toScroll(50, VIEWPORT)]).toEqual([0, 0])
  })
})
