import { type Line, TraceParser } from '@yardmaster/trace-format'
import { regularPattern } from '@yardmaster/trace-format/regular-pattern'
import { describe, expect, it } from 'vitest'
import type { TraceSearch } from '../../lib/api.ts'
import type { LineMatches, LinesToMatch } from './match-worker.ts'
import type { Matcher } from './matcher.ts'
import { LogSearch } from './search.ts'

const LINES = 10_000
/** Every seventh line of this log matches. */
const EVERY = 7
const QUERY = { text: 'x', regex: false, caseSensitive: false }
const FIRST = 7
const LAST = 9_996

interface Limits {
  /** Lines that one answer covers before its time is up. */
  readonly reach?: number
  /** Matches in each matching line. */
  readonly perLine?: number
}

/** The worker's engine in this thread, with a limit on the lines per answer. */
class DirectMatcher implements Matcher {
  readonly #atOnce: number
  asked = 0

  constructor(atOnce = 100) {
    this.#atOnce = atOnce
  }

  async match({ query, caseSensitive, lines }: LinesToMatch): Promise<LineMatches> {
    this.asked += 1
    await Promise.resolve()
    const pattern = regularPattern(query, caseSensitive)
    return lines
      .slice(0, this.#atOnce)
      .map(([number, text]) => [number, 'problem' in pattern ? [] : pattern.find(text, 100)])
  }

  stop(): void {}
  close(): void {}
}

/** Answers as `traces.search` does. */
function searching({ reach = LINES, perLine = 1 }: Limits = {}, matcher: Matcher = new DirectMatcher()) {
  const asked: { fromLine: number; toLine: number }[] = []
  const search = new LogSearch({
    matcher,
    wholeLines: () => null,
    ask: async ({ fromLine, toLine = LINES, limit, countAll }) => {
      asked.push({ fromLine, toLine })
      await Promise.resolve()
      const reached = Math.min(toLine, fromLine + reach - 1)
      const all = Array.from({ length: LINES }, (_, index) => index + 1).filter(
        (line) => line % EVERY === 0 && line >= fromLine && line <= reached,
      )
      const listed = Math.ceil(limit / perLine)
      const more = all[listed]
      const searchedTo = !countAll && more ? more - 1 : reached
      const timedOut = searchedTo < toLine && more === undefined
      const buckets = new Map<number, number>()
      for (const line of all) {
        const bucket = Math.floor((line - 1) / 2048) * 2048 + 1
        buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
      }
      const places = Array.from({ length: perLine }, (_, start) => ({ start, end: start + 1 }))
      const answer: TraceSearch = {
        status: 'success',
        complete: true,
        size: 1,
        indexedBytes: 1,
        indexedLines: LINES,
        redrawn: false,
        firstStamp: null,
        totalLines: LINES,
        matches: all
          .slice(0, listed)
          .flatMap((line) => places.map((place) => ({ line, ...place, snippet: 'x', snippetStart: 0 }))),
        count: all.length,
        buckets: [...buckets].map(([line, count]) => ({ line, count })),
        bucketLines: 2048,
        searchedTo,
        timedOut: countAll ? reached < toLine : timedOut,
        truncated: all.length > listed,
        nextLine: more ?? (reached < toLine ? reached + 1 : null),
      }
      return answer
    },
  })
  return { search, asked }
}

describe('stepping through matches', () => {
  it.each<Limits>([{}, { reach: 900 }])('visits each one, both ways and around the ends (%j)', async (limits) => {
    const { search } = searching(limits)
    expect(await search.search(QUERY)).toBe(true)
    let at = { line: 0, start: -1 }
    for (let line = FIRST; line <= LAST; line += EVERY) {
      const match = await search.next(at)
      expect(match?.line).toBe(line)
      at = match ?? at
    }
    expect((await search.next(at))?.line).toBe(FIRST)
    await expect.poll(() => search.count.searchedTo).toBe(LINES)
    at = { line: FIRST, start: 0 }
    for (let line = LAST; line >= FIRST; line -= EVERY) {
      const match = await search.previous(at)
      expect(match?.line).toBe(line)
      at = match ?? at
    }
  })

  it('skips none when lines have very many', async () => {
    const { search } = searching({ perLine: 100 })
    await search.search(QUERY)
    let at = { line: 5_000, start: 0 }
    for (let line = 4_998; line > 4_900; line -= EVERY) {
      for (let start = 99; start >= 0; start--) {
        const match = await search.previous(at)
        expect([match?.line, match?.start]).toEqual([line, start])
        at = match ?? at
      }
    }
  })

  it('needs one request for many steps', async () => {
    const { search, asked } = searching()
    await search.search(QUERY)
    let at = { line: 0, start: -1 }
    for (let step = 0; step < 1_000; step++) at = (await search.next(at)) ?? at
    expect(asked.length).toBeLessThanOrEqual(3)
  })

  it('counts all of them, in as many requests as it takes', async () => {
    const { search } = searching({ reach: 900 })
    await search.search(QUERY)
    await expect
      .poll(() => [search.count.lines, search.count.searchedTo, search.count.timedOut])
      .toEqual([1_428, LINES, false])
  })
})

describe('the rank of the current match', () => {
  it.each<Limits>([{}, { reach: 900 }, { perLine: 30 }])(
    'is its line among those with matches (%j)',
    async (limits) => {
      const { search } = searching(limits)
      await search.search(QUERY)
      await expect.poll(() => search.count.searchedTo).toBe(LINES)
      expect(search.rank).toBeNull()
      const steps = [
        async () => await search.next({ line: 0, start: -1 }),
        async () => await search.next(search.current ?? { line: 0, start: 0 }),
        async () => await search.next({ line: 5_000, start: 0 }),
        async () => await search.previous(search.current ?? { line: 0, start: 0 }),
        async () => await search.previous({ line: FIRST, start: 0 }),
        async () => await search.next(search.current ?? { line: 0, start: 0 }),
        async () => await search.next({ line: LAST, start: 1_000 }),
        async () => await search.previous(search.current ?? { line: 0, start: 0 }),
      ]
      for (const step of steps) {
        const match = await step()
        await expect.poll(() => search.rank).toBe((match?.line ?? 0) / EVERY)
      }
      await search.search(null)
      expect(search.rank).toBeNull()
    },
  )
})

describe('what is marked in a line', () => {
  const parser = new TraceParser()
  const lines = parser.push('aXbx\nnone\nxxx\n')
  const line = lines[0]
  const marksOf = (search: LogSearch, some: readonly Line[]) =>
    some.map((each) => search.found(each).map(({ start, end }) => [start, end]))

  it('is every match, with the current one distinguished', async () => {
    const { search } = searching()
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

  it.each([100, 1])('is every match of a regular expression, a moment later (%i lines at once)', async (atOnce) => {
    const matcher = new DirectMatcher(atOnce)
    const { search } = searching({}, matcher)
    await search.search({ ...QUERY, text: 'x+', regex: true })
    const expected = [
      [
        [1, 2],
        [3, 4],
      ],
      [],
      [[0, 3]],
    ]
    await expect.poll(() => marksOf(search, lines)).toEqual(expected)
    const { asked } = matcher
    expect(marksOf(search, lines)).toEqual(expected)
    // The same array each time: rows are drawn again only if their marks change.
    expect(line && search.found(line)).toBe(line && search.found(line))
    expect(matcher.asked).toBe(asked)
  })

  it('stays while a line grows, until the marks of the new text are known', async () => {
    const { search } = searching()
    await search.search({ ...QUERY, text: 'x.', regex: true })
    const growing = new TraceParser()
    growing.push('xa')
    await expect.poll(() => marksOf(search, growing.unfinished().lines)).toEqual([[[0, 2]]])
    growing.push('xb')
    expect(marksOf(search, growing.unfinished().lines)).toEqual([[[0, 2]]])
    await expect
      .poll(() => marksOf(search, growing.unfinished().lines))
      .toEqual([
        [
          [0, 2],
          [2, 4],
        ],
      ])
  })
})
