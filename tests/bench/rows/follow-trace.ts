import { setTimeout as pause } from 'node:timers/promises'
import { CpuMeter } from '../cpu.ts'
import { Form } from '../form.ts'
import { Connection } from '../load.ts'
import { percentile } from '../rounds.ts'
import type { Row } from '../row.ts'
import { GrowingLog } from '../tracing.ts'

const PATCHES = 500
const PAUSE_MS = 10
const AIM_MS = 50

/** Time from the answer to a patch until a watcher has the text; in production, a watcher at another process. */
export const followTrace: Row = {
  name: 'event',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const watched = kind === 'production' ? await form.gateway() : site
    const log = await GrowingLog.begin(site, await site.runner())
    const { hostname, port } = new URL(site.url)
    const connection = await Connection.open(hostname, Number(port))

    const leaving = new AbortController()
    const events = watched.admin.watchTrace(log.jobId, { from: 0, signal: leaving.signal })
    // The first event comes at once and is empty.
    await events.next()

    const delays: number[] = []
    const patch = async () => {
      const seen = arrival(events, log.size + 4096)
      const { status, body } = await connection.exchange(log.nextPiece())
      const answeredAt = performance.now()
      if (status !== 202) throw new Error(`${status}: ${body}`)
      log.answered()
      delays.push(Math.max(0, (await seen) - answeredAt))
      await pause(PAUSE_MS)
    }
    const meter = new CpuMeter({
      ...site.processes,
      ...(watched !== site && { 'second gateway': { pid: watched.pid } }),
    })
    await meter.during(
      async () => {
        while (delays.length < PATCHES) await patch()
      },
      () => PATCHES,
    )
    connection.close()
    leaving.abort()
    await events.return(undefined).catch(() => undefined)

    const p99 = percentile(delays, 0.99)
    return [
      {
        what: 'patch answer to event, p50 / p99',
        ours: `${percentile(delays, 0.5).toFixed(1)} / ${p99.toFixed(1)} ms`,
        aim: `p99 < ${AIM_MS} ms`,
        met: p99 < AIM_MS,
        cpu: meter.perOperation,
      },
    ]
  },
}

/** Resolves with the time when the watcher has everything up to `offset`. */
async function arrival(events: AsyncGenerator<{ readonly id: string }>, offset: number): Promise<number> {
  for (;;) {
    const { value, done } = await events.next()
    if (done) throw new Error('the stream of events ended')
    if (Number(value.id) >= offset) return performance.now()
  }
}
