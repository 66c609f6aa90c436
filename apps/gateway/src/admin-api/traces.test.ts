import { gunzipSync, gzipSync } from 'node:zlib'
import {
  eraseJob,
  indexLines,
  type LineWindow,
  lineIndexKey,
  searchTrace,
  type TraceLines,
  type TraceOutline,
  type TraceSearch,
} from '@yardmaster/domain'
import { isErrorLine, type Line, linesOf, plainText, START } from '@yardmaster/trace-format'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing.ts'

const PATCH_BYTES = 1_048_576

let gateway: TestGateway
let runner: { token: string }
beforeAll(async () => {
  gateway = await startTestGateway()
  runner = await gateway.register()
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Taken {
  readonly id: number
  say(text: string | Uint8Array): Promise<void>
  finish(): Promise<void>
}

async function takeJob(): Promise<Taken> {
  await gateway.admin('mutation', 'jobs.create', { name: 'job', definition: { script: ['true'] } })
  const { body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
  const { id, token } = body as { id: number; token: string }
  let size = 0
  return {
    id,
    async say(text) {
      const bytes = Buffer.from(text as string)
      for (let at = 0; at < bytes.length; at += PATCH_BYTES) {
        const patch = bytes.subarray(at, at + PATCH_BYTES)
        const { status } = await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, {
          body: patch,
          headers: { 'job-token': token, 'content-range': `${size}-${size + patch.length - 1}` },
        })
        expect(status).toBe(202)
        size += patch.length
      }
    },
    async finish() {
      const { status } = await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })
      expect(status).toBe(200)
      await gateway.ports.background.settle()
    },
  }
}

async function finished(log: string): Promise<number> {
  const job = await takeJob()
  await job.say(log)
  await job.finish()
  return job.id
}

const lines = (input: Record<string, unknown>) => gateway.admin<TraceLines>('query', 'traces.lines', input)
const outline = (jobId: number) => gateway.admin<TraceOutline>('query', 'traces.outline', { jobId })
/** Waits until the whole log is indexed. */
async function indexed(jobId: number): Promise<TraceOutline> {
  for (;;) {
    const found = await outline(jobId)
    if (found.totalLines !== null) return found
  }
}
const search = (input: Record<string, unknown>) => gateway.admin<TraceSearch>('query', 'traces.search', input)

function parse(window: LineWindow | null): Line[] {
  if (!window) throw new Error('no such lines')
  return linesOf(window, false)
}
const parsed = (log: string): Line[] =>
  linesOf({ state: START, text: log, lines: Number.POSITIVE_INFINITY, changes: [] }, true)

const start = (name: string, at: number) => `section_start:${at}:${name}\r\x1b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`

/** Styles, sections and characters of several bytes, so that no line can be read without what came before. */
const LOG = Array.from({ length: 3_000 }, (_, turn) => {
  const section = turn % 50 === 0 ? `${turn > 0 ? end(`s${turn - 50}`, turn) : ''}${start(`s${turn}`, turn)}` : ''
  const style = turn % 7 === 0 ? `\x1b[${31 + (turn % 3)}m` : ''
  return `${section}${style}Zeile ${turn + 1} ${'🚂'.repeat(turn % 30)}\n`
}).join('')

describe('traces.lines', () => {
  it('gives any window such that it reads as in the whole log', async () => {
    const jobId = await finished(LOG)
    const whole = parsed(LOG)
    await indexed(jobId)
    for (const from of [1, 2, 51, 999, 2_500, 3_000]) {
      const { window, totalLines, complete } = await lines({ jobId, from, limit: 100 })
      expect({ totalLines, complete }).toEqual({ totalLines: 3_000, complete: true })
      expect(window?.firstLine).toBe(from)
      expect(parse(window)).toEqual(whole.slice(from - 1, from + 99))
      expect(window?.lines).toBe(parse(window).length)
    }
  })

  it('gives lines around one, and the last ones', async () => {
    const jobId = await finished(LOG)
    const numbers = async (input: object) => {
      const { window } = await lines({ jobId, limit: 100, ...input })
      return [window?.firstLine, window?.lines]
    }
    expect(await numbers({ around: 1_500 })).toEqual([1_450, 100])
    expect(await numbers({ around: 1 })).toEqual([1, 100])
    expect(await numbers({ around: 9_999 })).toEqual([2_901, 100])
    expect(await numbers({ last: true })).toEqual([2_901, 100])
  })

  it('gives none past the end, and of an empty log a place to go on from', async () => {
    const jobId = await finished('one\ntwo')
    expect((await lines({ jobId, from: 3 })).window).toBeNull()
    const empty = await takeJob()
    expect(await lines({ jobId: empty.id })).toMatchObject({
      totalLines: 0,
      complete: false,
      window: { firstLine: 1, lines: 0, from: 0, to: 0, text: '' },
    })
  })

  it('keeps the numbers of lines while the log grows, and goes on where the window ended', async () => {
    const job = await takeJob()
    await job.say('one\ntwo, begu')
    const before = await lines({ jobId: job.id })
    expect(before).toMatchObject({ totalLines: 2, window: { lines: 2, to: 13 } })

    await job.say('n\nthree\n')
    const after = await lines({ jobId: job.id, from: 2 })
    expect(after.totalLines).toBe(3)
    expect(parse(after.window).map((line) => [line.number, plainText(line)])).toEqual([
      [2, 'two, begun'],
      [3, 'three'],
    ])
    await job.finish()
    expect((await lines({ jobId: job.id, from: 2 })).window).toEqual(after.window)
  })

  it('never cuts a character that is still to come', async () => {
    const job = await takeJob()
    const bytes = Buffer.from('a\n🚂')
    await job.say('a\n')
    await gateway.ports.traces.advance({
      jobId: job.id,
      start: 2,
      piece: { start: 2, end: 4, key: await stored(bytes.subarray(2, 4)), crc: 0 },
    })
    expect((await lines({ jobId: job.id })).window).toMatchObject({ text: 'a\n', to: 2 })
  })

  it('gives a line of a megabyte whole, and cuts one beyond bounds without losing the next', async () => {
    const jobId = await finished(`first\n${'x'.repeat(1_048_576)}\n${'y'.repeat(5_000_000)}\nlast\n`)
    const [long] = parse((await lines({ jobId, from: 2, limit: 1 })).window)
    expect(long && plainText(long).length).toBe(1_048_576)
    const { window } = await lines({ jobId, from: 3, limit: 10 })
    expect(window).toMatchObject({ firstLine: 3, lines: 1, cut: true })
    expect(parse((await lines({ jobId, from: 4 })).window).map(plainText)).toEqual(['last'])
  })

  it('glues continuations of a log with time stamps, also at the ends of a window', async () => {
    const stamp = '2024-05-14T11:43:19.997683Z 01O'
    const jobId = await finished(
      Array.from({ length: 300 }, (_, turn) => `${stamp}${turn % 3 === 2 ? '+' : ' '}text ${turn}\n`).join(''),
    )
    const { window, totalLines } = await lines({ jobId, from: 101, limit: 2 })
    expect(totalLines).toBe(200)
    expect(parse(window).map(plainText)).toEqual(['text 150', 'text 151text 152'])
  })

  it('refuses two places at once, and unknown jobs', async () => {
    await expect(lines({ jobId: 1, from: 1, last: true })).rejects.toThrow('only one of from, around and last')
    await expect(lines({ jobId: 999_999 })).rejects.toThrow('There is no job 999999.')
  })
})

describe('traces.outline', () => {
  it('lists sections and error-coloured lines of a log that grows', async () => {
    const job = await takeJob()
    await job.say(`${start('a', 100)}Prepare\nx\n\x1b[31mERROR\x1b[0m\n`)
    expect(await outline(job.id)).toMatchObject({
      totalLines: 3,
      sections: [{ name: 'a', header: 'Prepare', startLine: 1, endLine: null }],
      errorLines: [3],
    })
    await job.say(`${end('a', 160)}${start('b', 160)}Build\n`)
    await job.finish()
    expect(await outline(job.id)).toMatchObject({
      complete: true,
      totalLines: 4,
      sections: [
        { name: 'a', startLine: 1, endLine: 3, startedAt: 100, endedAt: 160 },
        { name: 'b', startLine: 4, endLine: null, endedAt: null },
      ],
      errorLines: [3],
      errorLineCount: 1,
    })
  })
})

/**
 * Streams that write at the same time: progress bars that go on over a line, over a window and over all of the log, long
 * lines that were cut, headers, and red text. Some 600 KB.
 */
const STREAMS = (() => {
  const stored: string[] = []
  const say = (stream: string, mark: string, text: string) =>
    stored.push(`2024-05-14T11:43:${String(stored.length % 60).padStart(2, '0')}.000000Z ${stream}${mark}${text}\n`)
  say('0fE', ' ', 'over all: 0%\r')
  say('00O', ' ', `${start('step', 1)}Running`)
  say('00E', ' ', 'cut')
  for (let turn = 0; turn < 4_000; turn++) {
    say('01O', ' ', `out ${turn} ${'🚂'.repeat(turn % 9)}`)
    if (turn % 3 === 0)
      say('01E', turn % 9 === 0 ? ' ' : '+', turn % 2 === 0 ? `bar ${turn}\r` : `\x1b[31mbad ${turn}\x1b[0m`)
    if (turn % 100 === 0) say('02O', turn % 200 === 0 ? ' ' : '+', `${'y'.repeat(8_192)} long ${turn} `)
    if (turn % 40 === 0) say('0fE', '+', `over all: ${turn}\r`)
    if (turn % 700 === 0) say('03E', turn % 2_100 === 0 ? ' ' : '+', `far ${turn}, `)
    if (turn % 500 === 499)
      say('03O', '+', `${turn > 500 ? end(`s${turn - 500}`, turn) : ''}${start(`s${turn}`, turn)}S ${turn}`)
    if (turn % 500 === 20) say('03O', '+', ' and more')
  }
  say('00O', '+', ', in the end')
  say('00E', '+', ' \x1b[31mand red\x1b[0m')
  say('0fE', '+', 'over all: done')
  return stored.join('')
})()

describe('a log of several streams', () => {
  const shape = (line: Line | undefined) => line && { ...line, spans: null, text: plainText(line) }
  const windowsAgree = async (jobId: number, whole: readonly Line[], from: readonly number[], limit: number) => {
    for (const first of from) {
      const { window, complete, size } = await lines({ jobId, from: first, limit })
      if (!window) throw new Error('no such lines')
      const found = linesOf(window, complete && window.to === size)
      expect(found.length).toBe(window.lines)
      expect(found.map(shape)).toEqual(found.map(({ number }) => shape(whole[number - 1])))
      expect(found.at(-1)?.number).toBeGreaterThanOrEqual(Math.min(first, whole.length))
    }
  }

  it('reads the same in any window, in the outline and in a search, while the job runs and afterwards', async () => {
    const job = await takeJob()
    for (const share of [0.3, 0.7, 1]) {
      const bytes = Buffer.from(STREAMS)
      const so = bytes.subarray(0, Math.floor(bytes.length * share))
      const before = Math.floor(bytes.length * (share === 0.3 ? 0 : share === 0.7 ? 0.3 : 0.7))
      await job.say(bytes.subarray(before, so.length))
      if (share === 1) await job.finish()
      // Half a stored line says nothing yet while it may go on.
      const whole = parsed(so.subarray(0, share === 1 ? so.length : so.lastIndexOf('\n') + 1).toString())
      const { totalLines, errorLines, sections } = await indexed(job.id)
      const known = whole.filter(({ number }) => number < (totalLines ?? 0) - 1)
      await windowsAgree(job.id, whole, [1, 2, 700, Math.floor(known.length / 2)], 300)
      expect(errorLines.filter((line) => line <= known.length)).toEqual(
        known.filter(isErrorLine).map(({ number }) => number),
      )
      expect(sections[0]?.header).toBe(share === 1 ? 'Running, in the end' : 'Running')
      for (const query of [
        'over all: 0',
        'over all: done',
        'bad 39',
        'bar 3',
        'long 300',
        'far 700, far 1400',
        'out 77',
      ]) {
        const expected = known.filter((line) => plainText(line).includes(query)).map(({ number }) => number)
        const { matches } = await search({ jobId: job.id, query, limit: 1_000 })
        const found = [...new Set(matches.map(({ line }) => line))].filter((line) => line <= known.length)
        expect(found, query).toEqual(expected)
      }
    }
    expect((await search({ jobId: job.id, query: 'over all: done' })).matches.map(({ line }) => line)).toEqual([1])
  })

  it('reads the same with a kept index, and one of an older form is made anew', async () => {
    const log = STREAMS.repeat(2)
    const whole = parsed(log)
    const jobId = await finished(log)
    const { ports } = gateway
    const kept = await keptIndex(jobId)
    expect(kept.version).toBe(3)
    await windowsAgree(jobId, whole, [1, 1_000, 6_000, whole.length - 200], 400)

    // As it was stored before lines could go on behind those of other streams.
    const old = { ...kept, version: 2, lines: 1, changes: undefined, stamped: undefined, errorLines: [1] }
    await ports.objects.put(lineIndexKey(jobId), gzipSync(JSON.stringify(old)))
    const lineIndexes = indexLines(ports)
    const extent = await ports.traces.pieces(jobId, 0, 0)
    if (!extent) throw new Error('no log')
    const { index } = await lineIndexes.view(jobId, extent, { waitMs: 60_000 })
    expect(index.lines).toBe(whole.length)
    await vi.waitFor(async () => expect(await keptIndex(jobId)).toEqual(kept), 30_000)
  })

  async function keptIndex(jobId: number): Promise<{ version: number }> {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await gateway.ports.objects.get(lineIndexKey(jobId))) ?? []) chunks.push(chunk)
    return JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())
  }
})

describe('the index of a long log', () => {
  it('is kept with the finished log, is the same in another process, and goes when the log is erased', async () => {
    const jobId = await finished(LOG.repeat(10))
    const { ports } = gateway
    expect(await ports.objects.get(lineIndexKey(jobId))).not.toBeNull()

    const extent = await ports.traces.pieces(jobId, 0, 0)
    if (!extent) throw new Error('no log')
    const elsewhere = indexLines({ traces: { ...ports.traces, pieces: async () => null }, objects: ports.objects })
    const kept = await elsewhere.view(jobId, extent, { waitMs: 10_000 })
    expect(kept.totalLines).toBe(30_000)

    await ports.objects.delete([lineIndexKey(jobId)])
    const anew = await indexLines(ports).view(jobId, extent, { waitMs: 10_000 })
    const { lines, sections, errorLines } = anew.index
    expect(kept.index).toMatchObject({ lines, sections, errorLines })

    await eraseJob(ports, jobId)
    await vi.waitFor(async () => expect(await ports.objects.get(lineIndexKey(jobId))).toBeNull(), 10_000)
    expect(await outline(jobId)).toMatchObject({ totalLines: 0, sections: [] })
  })

  it('is made anew when the kept one can’t be read', async () => {
    const jobId = await finished(LOG.repeat(10))
    await gateway.ports.objects.put(lineIndexKey(jobId), Buffer.from('nonsense'))
    expect((await outline(jobId)).totalLines).toBe(30_000)
  })
})

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
      timedOut: false,
      truncated: false,
      nextLine: null,
    })
    expect((await search({ jobId, query: 'three', caseSensitive: true })).count).toBe(2)
    expect((await search({ jobId, query: '^t.*e$', regex: true })).matches.map(({ line }) => line)).toEqual([2, 3])
  })

  it('goes on from where a list ended, and counts the rest already', async () => {
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

  it('ends at a line, or with its list, when it is asked to', async () => {
    const jobId = await finished(LOG)
    const some = await search({ jobId, query: 'zeile', fromLine: 11, toLine: 20 })
    expect(some).toMatchObject({ count: 10, searchedTo: 20, nextLine: null, timedOut: false })
    expect(some.matches.map(({ line }) => line)).toEqual(Array.from({ length: 10 }, (_, index) => index + 11))
    const listed = await search({ jobId, query: 'zeile', limit: 10, countAll: false })
    expect(listed).toMatchObject({ nextLine: 11, searchedTo: 10 })
    expect(listed.matches).toHaveLength(10)
    expect((await search({ jobId, query: 'nowhere', toLine: 20 })).searchedTo).toBe(20)
  })

  it.each(['', '2024-05-14T11:43:19.997683Z 01O '])(
    'finds the same in a long log as in its lines, whatever is in them (lines begin with %j)',
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
      // Long stretches of one kind, so that the parser is needed for some of them only.
      const log = Array.from({ length: 24_000 }, (_, n) => `${stamp}${kinds[Math.floor(n / 1_500) % 8]?.(n)}\n`).join(
        '',
      )
      const lines = parsed(log)
      const jobId = await finished(log)
      await indexed(jobId)
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

  it('answers with a part when time is up, and gets to the end when it is asked again', async () => {
    const jobId = await finished('needle\nhay\n'.repeat(20))
    const choice = { jobId, query: 'needle', regex: true, caseSensitive: true, limit: 100, budgetMs: 0 }
    const seen: number[] = []
    let parts = 0
    for (let fromLine: number | null = 1; fromLine; parts++) {
      const part = await searchTrace(gateway.ports, { ...choice, fromLine })
      if (!part.ok) throw new Error(part.error.kind)
      seen.push(...part.value.matches.map(({ line }) => line))
      fromLine = part.value.nextLine
    }
    expect(parts).toBeGreaterThan(1)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 1))
  })

  it('says what is wrong with a pattern', async () => {
    const jobId = await finished('x\n')
    await expect(search({ jobId, query: '(', regex: true })).rejects.toThrow(/400.*query: .*missing/)
    await expect(search({ jobId, query: '(a)\\1', regex: true })).rejects.toThrow(/400/)
  })
})

let stray = 0
async function stored(bytes: Uint8Array): Promise<string> {
  stray += 1
  const key = `traces/pieces-of-tests/${stray}`
  await gateway.ports.objects.put(key, bytes)
  return key
}
