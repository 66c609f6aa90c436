import { plainText } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { services, setUpScene } from '../testing/scene.ts'
import { finishedWith, parsed, sectionEnd, sectionStart, takeWriting } from '../testing/trace-scene.ts'
import { type SearchChoice, searchTrace, type TraceSearch } from './search-trace.ts'

setUpScene()

const CHOICE = { regex: false, caseSensitive: false, fromLine: 1, limit: 1_000 }

/** Asks again until the answer is complete: on a busy machine the first one may come before the log is indexed. */
async function search(choice: Partial<SearchChoice> & Pick<SearchChoice, 'jobId' | 'query'>): Promise<TraceSearch> {
  for (;;) {
    const answer = await searchTrace(services, { ...CHOICE, ...choice })
    if (!answer.ok) throw new Error(answer.error.kind)
    if (!answer.value.timedOut) return answer.value
  }
}

/** A log with styles, sections and multi-byte characters. */
const LOG = Array.from({ length: 3_000 }, (_, turn) => {
  const before = turn > 0 ? sectionEnd(`s${turn - 50}`, turn) : ''
  const section = turn % 50 === 0 ? `${before}${sectionStart(`s${turn}`, turn)}` : ''
  const style = turn % 7 === 0 ? `\x1b[${31 + (turn % 3)}m` : ''
  return `${section}${style}Zeile ${turn + 1} ${'🚂'.repeat(turn % 30)}\n`
}).join('')

describe('a search', () => {
  it('finds plain text over colours and markers, with places and counts', async () => {
    const jobId = await finishedWith(`one\nth\x1b[31mre\x1b[0me\n${sectionStart('a', 1)}tHREe three\n`)
    const found = await search({ jobId, query: 'three' })
    expect(found.matches.map(({ line, start, end }) => [line, start, end])).toEqual([
      [2, 0, 5],
      [3, 0, 5],
      [3, 6, 11],
    ])
    expect(found.matches[2]).toMatchObject({ snippet: 'tHREe three', snippetStart: 0 })
    expect(found).toMatchObject({
      ...{ count: 2, bucketLines: 1, searchedTo: 3, truncated: false, nextLine: null },
      buckets: [
        { line: 2, count: 1 },
        { line: 3, count: 1 },
      ],
    })
    expect((await search({ jobId, query: 'three', caseSensitive: true })).count).toBe(2)
    expect((await search({ jobId, query: '^t.*e$', regex: true })).matches.map(({ line }) => line)).toEqual([2, 3])
  })

  it('continues where a list ended, and counts the rest in advance', async () => {
    const jobId = await finishedWith(LOG)
    const first = await search({ jobId, query: 'zeile', limit: 1_000 })
    expect(first).toMatchObject({ count: 3_000, truncated: true, nextLine: 1_001 })
    expect(first.buckets.length).toBeLessThanOrEqual(512)
    expect(first.buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(3_000)
    const seen: number[] = []
    for (let fromLine: number | null = 1; fromLine; ) {
      const next: TraceSearch = await search({ jobId, query: 'zeile', limit: 700, fromLine })
      seen.push(...next.matches.map(({ line }) => line))
      fromLine = next.nextLine
    }
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
  })

  it('ends at a line, or with its list, on request', async () => {
    const jobId = await finishedWith(LOG)
    const some = await search({ jobId, query: 'zeile', fromLine: 11, toLine: 20 })
    expect(some).toMatchObject({ count: 10, searchedTo: 20, nextLine: null })
    expect(some.matches.map(({ line }) => line)).toEqual(Array.from({ length: 10 }, (_, index) => index + 11))
    const listed = await search({ jobId, query: 'zeile', limit: 10, countAll: false })
    expect(listed).toMatchObject({ nextLine: 11, searchedTo: 10 })
    expect(listed.matches).toHaveLength(10)
    expect((await search({ jobId, query: 'nowhere', toLine: 20 })).searchedTo).toBe(20)
  })

  it.each(['', '2024-05-14T11:43:19.997683Z 01O '])(
    'finds the same in a long log as in its lines, for all kinds of lines (beginning with %j)',
    async (stamp) => {
      const kinds = [
        (n: number) => `plain ${n}`,
        (n: number) => `\x1b[3${n % 8}mcol\x1b[1mour ${n}\x1b[0m\r`,
        (n: number) => `10 %\r${n} %`,
        (n: number) => `${sectionStart(`s${n % 3}`, n)}header ${n}`,
        (n: number) => `${sectionEnd(`s${n % 3}`, n)}after ${n}`,
        (n: number) => `grüße ${n} \x1b]0;title\x07`,
        (n: number) => (stamp ? `cut in t\n${stamp.slice(0, -1)}+wo ${n}` : `two ${n}`),
        (n: number) => 'x'.repeat(n % 997 === 0 ? 300_000 : 30),
      ]
      // Long runs of one kind, so that only some of them need the parser.
      const log = Array.from({ length: 24_000 }, (_, n) => `${stamp}${kinds[Math.floor(n / 1_500) % 8]?.(n)}\n`).join(
        '',
      )
      const lines = parsed(log)
      const jobId = await finishedWith(log)
      for (const query of ['colour 1', 'two 9', '7 %', 'header 16', 'GRÜSSE', 'plain 3', 'xxx', '\\d7$'] as const) {
        const expected = lines
          .filter((line) => new RegExp(query, 'iu').test(plainText(line)))
          .map(({ number }) => number)
        const found: number[] = []
        for (let fromLine: number | null = 1; fromLine !== null; ) {
          const part: TraceSearch = await search({ jobId, query, regex: query.startsWith('\\'), fromLine })
          found.push(...part.matches.map(({ line }) => line))
          fromLine = part.nextLine
        }
        expect([...new Set(found)], query).toEqual(expected)
      }
    },
  )

  it('reads what a running job has written so far', async () => {
    const job = await takeWriting()
    await job.say('needle in the first line\nand a nee')
    expect((await search({ jobId: job.id, query: 'needle' })).count).toBe(1)
    await job.say('dle')
    expect((await search({ jobId: job.id, query: 'needle' })).count).toBe(2)
  })

  it('answers with a part when time is up, and reaches the end when called again', async () => {
    const jobId = await finishedWith('needle\nhay\n'.repeat(20))
    const choice = { jobId, query: 'needle', regex: true, caseSensitive: true, limit: 100, budgetMs: 0 }
    const seen: number[] = []
    let parts = 0
    for (let fromLine: number | null = 1; fromLine; parts++) {
      const part = await searchTrace(services, { ...choice, fromLine })
      if (!part.ok) throw new Error(part.error.kind)
      seen.push(...part.value.matches.map(({ line }) => line))
      fromLine = part.value.nextLine
    }
    expect(parts).toBeGreaterThan(1)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 1))
  })

  it('refuses a pattern that is wrong, or a job that is not there', async () => {
    const jobId = await finishedWith('x\n')
    for (const query of ['(', '(a)\\1']) {
      expect(await searchTrace(services, { ...CHOICE, jobId, query, regex: true })).toEqual({
        ok: false,
        error: { kind: 'pattern_invalid', reason: expect.any(String) },
      })
      expect(await searchTrace(services, { ...CHOICE, jobId, query })).toMatchObject({ value: { count: 0 } })
    }
    expect(await searchTrace(services, { ...CHOICE, jobId: 999_999, query: 'x' })).toEqual({
      ok: false,
      error: { kind: 'job_not_found', id: 999_999 },
    })
  })
})
