import { type Line, TraceParser } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { LineCache } from './line-cache.ts'

const plain = (number: number, text = `line ${number}`): Line => ({
  number,
  spans: [{ text, style: {} }],
  stamp: null,
  section: null,
  ends: [],
  depth: 0,
  cut: false,
})
const lines = (first: number, count: number) => Array.from({ length: count }, (_, index) => plain(first + index))

describe('a cache of lines', () => {
  it('stores parsed lines by number', () => {
    const cache = new LineCache()
    cache.put(new TraceParser().push('one\ntwo\n'))
    expect(cache.get(2)?.spans[0]?.text).toBe('two')
    expect(cache.get(3)).toBeUndefined()
  })

  it('stays within its bounds however many lines pass through', () => {
    const cache = new LineCache({ lines: 1_000, text: 1_000_000 })
    for (let first = 1; first < 100_000; first += 500) {
      cache.put(lines(first, 500))
      expect(cache.size).toBeLessThanOrEqual(1_000)
    }
    expect(cache.get(99_500)).toBeDefined()
    expect(cache.get(1)).toBeUndefined()
  })

  it('limits text, not only the number of lines', () => {
    const cache = new LineCache({ lines: 100_000, text: 3_000_000 })
    for (let number = 1; number < 10_000; number += 256) cache.put([plain(number, 'x'.repeat(1_000_000))])
    expect(cache.size).toBeLessThanOrEqual(3)
  })

  it('evicts the most recently used lines last', () => {
    const cache = new LineCache({ lines: 1_500, text: 1_000_000 })
    cache.put(lines(1, 256))
    for (let first = 10_001; first < 20_000; first += 256) {
      cache.touch([1, 2, 3])
      cache.put(lines(first, 256))
    }
    expect(cache.get(2)).toBeDefined()
    expect(cache.get(10_001)).toBeUndefined()
  })

  it('replaces a line that has changed', () => {
    const cache = new LineCache({ lines: 10, text: 100 })
    for (let turn = 0; turn < 1_000; turn++) cache.put([plain(1, `${turn} %`)])
    expect(cache.get(1)?.spans[0]?.text).toBe('999 %')
    expect(cache.size).toBe(1)
  })
})
