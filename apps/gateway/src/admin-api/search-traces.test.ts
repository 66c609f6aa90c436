import { searchTrace, type TraceSearch } from '@yardmaster/domain/traces'
import { plainText } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { end, finished, gateway, LOG, parsed, search, start, takeJob } from '../testing/trace-scene.ts'

describe('traces.search', () => {
  it('finds plain text over colours and markers, with places and counts', async () => {
    const jobId = await finished(`one\nth\x1b[31mre\x1b[0me\n${start('a', 1)}tHREe three\n`)
    const found = await search({ jobId, query: 'three' })
    expect(found.matches.map(({ line, start, end }) => [line, start, end])).toEqual([
      [2, 0, 5],
      [3, 0, 5],
      [3, 6, 11],
    ])
    expect(found.matches[2]).toMatchObject({ snippet: 'tHREe three', snippetStart: 0 })
    expect(found).toMatchObject({
      count: 2,
      bucketLines: 1,
      buckets: [
        { line: 2, count: 1 },
        { line: 3, count: 1 },
      ],
      searchedTo: 3,
      truncated: false,
      nextLine: null,
    })
    expect((await search({ jobId, query: 'three', caseSensitive: true })).count).toBe(2)
    expect((await search({ jobId, query: '^t.*e$', regex: true })).matches.map(({ line }) => line)).toEqual([2, 3])
  })

  it('continues where a list ended, and counts the rest in advance', async () => {
    const jobId = await finished(LOG)
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
    const jobId = await finished(LOG)
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
        (n: number) => `${start(`s${n % 3}`, n)}header ${n}`,
        (n: number) => `${end(`s${n % 3}`, n)}after ${n}`,
        (n: number) => `grüße ${n} \x1b]0;title\x07`,
        (n: number) => (stamp ? `cut in t\n${stamp.slice(0, -1)}+wo ${n}` : `two ${n}`),
        (n: number) => 'x'.repeat(n % 997 === 0 ? 300_000 : 30),
      ]
      // Long runs of one kind, so that only some of them need the parser.
      const log = Array.from({ length: 24_000 }, (_, n) => `${stamp}${kinds[Math.floor(n / 1_500) % 8]?.(n)}\n`).join(
        '',
      )
      const lines = parsed(log)
      const jobId = await finished(log)
      for (const query of ['colour 1', 'two 9', '7 %', 'header 16', 'GRÜSSE', 'plain 3', 'xxx', '\\d7$'] as const) {
        const expected = lines
          .filter((line) => new RegExp(query, 'iu').test(plainText(line)))
          .map(({ number }) => number)
        const found: number[] = []
        for (let fromLine: number | null = 1; fromLine !== null; ) {
          const choice = { query, regex: query.startsWith('\\'), limit: 1_000, fromLine }
          const part: TraceSearch = await search({ jobId, ...choice })
          found.push(...part.matches.map(({ line }) => line))
          fromLine = part.nextLine
        }
        expect([...new Set(found)], query).toEqual(expected)
      }
    },
  )

  it('searches what a running job has written so far', async () => {
    const job = await takeJob()
    await job.say('needle in the first line\nand a nee')
    expect((await search({ jobId: job.id, query: 'needle' })).count).toBe(1)
    await job.say('dle')
    expect((await search({ jobId: job.id, query: 'needle' })).count).toBe(2)
    await job.finish()
  })

  it('answers with a part when time is up, and reaches the end when called again', async () => {
    const jobId = await finished('needle\nhay\n'.repeat(20))
    const choice = { jobId, query: 'needle', regex: true, caseSensitive: true, limit: 100, budgetMs: 0 }
    const seen: number[] = []
    let parts = 0
    for (let fromLine: number | null = 1; fromLine; parts++) {
      const part = await searchTrace(gateway.services, { ...choice, fromLine })
      if (!part.ok) throw new Error(part.error.kind)
      seen.push(...part.value.matches.map(({ line }) => line))
      fromLine = part.value.nextLine
    }
    expect(parts).toBeGreaterThan(1)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 1))
  })

  it('reports the error in a pattern', async () => {
    const jobId = await finished('x\n')
    await expect(search({ jobId, query: '(', regex: true })).rejects.toThrow(/400.*query: .*missing/)
    await expect(search({ jobId, query: '(a)\\1', regex: true })).rejects.toThrow(/400/)
  })
})
