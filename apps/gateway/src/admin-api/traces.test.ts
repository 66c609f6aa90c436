import { eraseJob } from '@yardmaster/domain/execution'
import { indexLines, lineIndexKey } from '@yardmaster/domain/traces'
import { plainText } from '@yardmaster/trace-format'
import { describe, expect, it, vi } from 'vitest'
import {
  end,
  finished,
  gateway,
  LOG,
  lines,
  outline,
  parse,
  parsed,
  setUpTraceScene,
  start,
  takeJob,
} from '../testing/trace-scene.ts'

setUpTraceScene()

describe('traces.lines', () => {
  it('returns any window so that it reads as in the whole log', async () => {
    const jobId = await finished(LOG)
    const whole = parsed(LOG)
    for (const from of [1, 2, 51, 999, 2_500, 3_000]) {
      const { window, totalLines, complete } = await lines({ jobId, from, limit: 100 })
      expect({ totalLines, complete }).toEqual({ totalLines: 3_000, complete: true })
      expect(window?.firstLine).toBe(from)
      expect(parse(window)).toEqual(whole.slice(from - 1, from + 99))
      expect(window?.lines).toBe(parse(window).length)
    }
  })

  it('returns lines around one, and the last ones', async () => {
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

  it('returns no window past the end, and an empty one to continue from for an empty log', async () => {
    const jobId = await finished('one\ntwo')
    expect((await lines({ jobId, from: 3 })).window).toBeNull()
    const empty = await takeJob()
    expect(await lines({ jobId: empty.id })).toMatchObject({
      totalLines: 0,
      complete: false,
      window: { firstLine: 1, lines: 0, from: 0, to: 0, text: '' },
    })
  })

  it('keeps line numbers while the log grows, and continues where the window ended', async () => {
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

  it('never cuts a character that is not complete yet', async () => {
    const job = await takeJob()
    const bytes = Buffer.from('a\n🚂')
    await job.say('a\n')
    await gateway.services.traces.advance({
      jobId: job.id,
      start: 2,
      piece: { start: 2, end: 4, key: await stored(bytes.subarray(2, 4)), crc: 0 },
    })
    expect((await lines({ jobId: job.id })).window).toMatchObject({ text: 'a\n', to: 2 })
  })

  it('returns a line of a megabyte whole, and cuts a longer one without losing the next', async () => {
    const jobId = await finished(`first\n${'x'.repeat(1_048_576)}\n${'y'.repeat(5_000_000)}\nlast\n`)
    const [long] = parse((await lines({ jobId, from: 2, limit: 1 })).window)
    expect(long && plainText(long).length).toBe(1_048_576)
    const { window } = await lines({ jobId, from: 3, limit: 10 })
    expect(window).toMatchObject({ firstLine: 3, lines: 1, cut: true })
    expect(parse((await lines({ jobId, from: 4 })).window).map(plainText)).toEqual(['last'])
  })

  it('joins continuations of a log with time stamps, even at the ends of a window', async () => {
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
  it('lists sections and lines that report errors of a growing log', async () => {
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

describe('the index of a long log', () => {
  it('is stored with the finished log, is the same in another process, and is deleted with the log', async () => {
    const jobId = await finished(LOG.repeat(10))
    const { services } = gateway
    expect(await services.objects.get(lineIndexKey(jobId))).not.toBeNull()

    const extent = await services.traces.pieces(jobId, 0, 0)
    if (!extent) throw new Error('no log')
    const elsewhere = indexLines({
      traces: { ...services.traces, pieces: async () => null },
      objects: services.objects,
    })
    const kept = await elsewhere.view(jobId, extent, { waitMs: 10_000 })
    expect(kept.totalLines).toBe(30_000)

    await services.objects.delete([lineIndexKey(jobId)])
    const anew = await indexLines(services).view(jobId, extent, { waitMs: 10_000 })
    const { lines, sections, errorLines, warningLines, redLines } = anew.index
    expect(kept.index).toMatchObject({ lines, sections, errorLines, warningLines, redLines })

    await eraseJob(services, jobId)
    await vi.waitFor(async () => expect(await services.objects.get(lineIndexKey(jobId))).toBeNull(), 240_000)
    expect(await outline(jobId)).toMatchObject({ totalLines: 0, sections: [] })
  })

  it('is rebuilt when the stored one can’t be read', async () => {
    const jobId = await finished(LOG.repeat(10))
    await gateway.services.objects.put(lineIndexKey(jobId), Buffer.from('nonsense'))
    expect((await outline(jobId)).totalLines).toBe(30_000)
  })
})

let stray = 0
async function stored(bytes: Uint8Array): Promise<string> {
  stray += 1
  const key = `traces/pieces-of-tests/${stray}`
  await gateway.services.objects.put(key, bytes)
  return key
}
