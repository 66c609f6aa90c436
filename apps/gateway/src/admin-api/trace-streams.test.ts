import { gunzipSync, gzipSync } from 'node:zlib'
import { indexLines, lineIndexKey } from '@yardmaster/domain/traces'
import { type Line, linesOf, plainText, severityOf } from '@yardmaster/trace-format'
import { describe, expect, it, vi } from 'vitest'
import {
  end,
  finished,
  gateway,
  lines,
  outline,
  parsed,
  search,
  setUpTraceScene,
  start,
  takeJob,
} from '../testing/trace-scene.ts'

setUpTraceScene()

/**
 * Streams that write at the same time: progress bars that continue over a line, over a window and over the whole log,
 * long lines that were cut, headers, and red text. About 600 KB.
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
      // A partial stored line is not shown while more of it may come.
      const whole = parsed(so.subarray(0, share === 1 ? so.length : so.lastIndexOf('\n') + 1).toString())
      const { totalLines, redLines, sections } = await outline(job.id)
      const known = whole.filter(({ number }) => number < (totalLines ?? 0) - 1)
      await windowsAgree(job.id, whole, [1, 2, 700, Math.floor(known.length / 2)], 300)
      expect(redLines.filter((line) => line <= known.length)).toEqual(
        known.filter((line) => severityOf(line) === 'red').map(({ number }) => number),
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

  it('reads the same with a stored index, and rebuilds one of an older form', async () => {
    const log = STREAMS.repeat(2)
    const whole = parsed(log)
    const jobId = await finished(log)
    const { services } = gateway
    const kept = await keptIndex(jobId)
    const head = JSON.parse(kept.split('\n')[0] ?? '') as { version: number }
    expect(head.version).toBe(9)
    await windowsAgree(jobId, whole, [1, 1_000, 6_000, whole.length - 200], 400)

    // The form from before lines could continue after those of other streams.
    const old = { ...head, version: 2, lines: 1, checkpoints: [], stamped: undefined, errorLines: [1] }
    await services.objects.put(lineIndexKey(jobId), gzipSync(JSON.stringify(old)))
    const lineIndexes = indexLines(services)
    const extent = await services.traces.pieces(jobId, 0, 0)
    if (!extent) throw new Error('no log')
    const { index } = await lineIndexes.view(jobId, extent, { waitMs: 60_000 })
    expect(index.lines).toBe(whole.length)
    await vi.waitFor(async () => expect(await keptIndex(jobId)).toEqual(kept), 240_000)
  })

  async function keptIndex(jobId: number): Promise<string> {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await gateway.services.objects.get(lineIndexKey(jobId))) ?? []) chunks.push(chunk)
    return gunzipSync(Buffer.concat(chunks)).toString()
  }
})
