import { CONNECTIONS, Form } from '../form.ts'
import { Load } from '../load.ts'
import { inTurns } from '../rounds.ts'
import { comparison, type Row } from '../row.ts'
import { GrowingLog } from '../tracing.ts'

const ROUND_MS = 1_500
const ROUNDS = 7

/** Patches of a log, durable before the answer. */
export const appendTrace: Row = {
  name: 'trace',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const runner = await site.runner()
    const logs: GrowingLog[] = []
    for (let job = 0; job < CONNECTIONS; job++) logs.push(await GrowingLog.begin(site, runner))
    const bare = await form.bare('updating-server')
    const bareLogs = logs.map((_, index) => new GrowingLog({ id: index + 1, token: 'glcbt-64_somethingAsLongAsOurs0' }))

    await using ours = await Load.open(site.url, CONNECTIONS)
    await using baseline = await Load.open(await bare.ask<string>(null), CONNECTIONS)
    const round = (load: Load, growing: readonly GrowingLog[]) => () =>
      load.run(
        {
          expected: 202,
          next: (connection) => (growing[connection] as GrowingLog).nextPiece(),
          answered: (connection) => (growing[connection] as GrowingLog).answered(),
        },
        { ms: ROUND_MS },
      )
    const figures = await inTurns(ROUNDS, { ours: round(ours, logs), baseline: round(baseline, bareLogs) })
    return [comparison('trace patch of 4 KiB', figures, 0.5)]
  },
}
