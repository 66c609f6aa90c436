import { CONNECTIONS, Form } from '../form.ts'
import { Load, rate } from '../load.ts'
import { pollRequest } from '../polling.ts'
import { inTurns } from '../rounds.ts'
import { comparison, type Row } from '../row.ts'

const ROUND_MS = 1_500
const ROUNDS = 7
const AIM = 0.85

/** The most common request: a poll to which there is nothing new. */
export const idlePoll: Row = {
  name: 'poll',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const polls = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const runner = await site.runner()
        await runner.request()
        return pollRequest(runner, runner.lastUpdate)
      }),
    )
    const bare = await form.bare('parsing-server')
    const bareUrl = await bare.ask<string>(null)
    await using ours = await Load.open(site.url, CONNECTIONS)
    await using baseline = await Load.open(bareUrl, CONNECTIONS)

    const exchange = { expected: 204, next: (connection: number) => polls[connection] as Buffer }
    const round = (load: Load) => async () => rate(await load.run(exchange, { ms: ROUND_MS }))
    const figures = await inTurns(ROUNDS, {
      ours: { processes: site.processes, round: round(ours) },
      baseline: { processes: bare.processes, round: round(baseline) },
    })
    return [comparison('idle poll', figures, AIM)]
  },
}
