import { TraceParser } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import type { TraceSearch } from '../../api.ts'
import { LogSearch } from './search.ts'

const LINES = 10_000
/** Of this log every seventh line matches. */
const EVERY = 7
const QUERY = { text: 'x', regex: false, caseSensitive: false }
const FIRST = 7
const LAST = 9_996

interface Limits {
  /** Lines an answer gets through before its time is up. */
  readonly reach?: number
}

/** Answers as `traces.search` does. */
function searching({ reach = LINES }: Limits = {}): LogSearch {
  return new LogSearch(async ({ fromLine, limit }) => {
    await Promise.resolve()
    const searchedTo = Math.min(LINES, fromLine + reach - 1)
    const all = Array.from({ length: LINES }, (_, index) => index + 1).filter(
      (line) => line % EVERY === 0 && line >= fromLine && line <= searchedTo,
    )
    const timedOut = searchedTo < LINES
    const buckets = new Map<number, number>()
    for (const line of all) {
      const bucket = Math.floor((line - 1) / 32) * 32 + 1
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
    }
    const answer: TraceSearch = {
      status: 'success',
      complete: true,
      size: 1,
      indexedBytes: 1,
      indexedLines: LINES,
      totalLines: LINES,
      matches: all.slice(0, limit).map((line) => ({ line, start: 0, end: 1, snippet: 'x', snippetStart: 0 })),
      count: all.length,
      buckets: [...buckets].map(([line, count]) => ({ line, count })),
      bucketLines: 32,
      searchedTo,
      timedOut,
      truncated: all.length > limit,
      nextLine: all[limit] ?? (timedOut ? searchedTo + 1 : null),
    }
    return answer
  })
}

describe('stepping through matches', () => {
  it.each<Limits>([{}, { reach: 900 }])('comes by every one, both ways, and around the ends (%j)', async (limits) => {
    const search = searching(limits)
    expect(await search.search(QUERY)).toBe(true)
    let at = { line: 0, start: -1 }
    for (let line = FIRST; line <= LAST; line += EVERY) {
      const match = await search.next(at)
      expect(match?.line).toBe(line)
      at = match ?? at
    }
    expect((await search.next(at))?.line).toBe(FIRST)
    expect((await search.previous({ line: FIRST, start: 0 }))?.line).toBe(LAST)
    expect((await search.previous({ line: 5_000, start: 0 }))?.line).toBe(4_998)
    expect((await search.previous({ line: 4_998, start: 0 }))?.line).toBe(4_991)
  })

  it('counts all of them, in as many answers as it takes', async () => {
    const search = searching({ reach: 900 })
    await search.search(QUERY)
    await expect.poll(() => [search.count, search.searchedTo, search.timedOut]).toEqual([1_428, LINES, false])
  })
})

describe('what is marked in a line', () => {
  const line = new TraceParser().push('aXbx\n')[0]

  it('is every match, and the one stepped to in another way', async () => {
    const search = searching()
    await search.search(QUERY)
    expect(line && search.found(line)).toEqual([
      { start: 1, end: 2, current: false },
      { start: 3, end: 4, current: false },
    ])
    await search.search({ ...QUERY, caseSensitive: true })
    expect(line && search.found(line)).toHaveLength(1)
    await search.search(null)
    expect(line && search.found(line)).toEqual([])
  })
})
