import { CONNECTIONS, Form } from '../form.ts'
import { Load } from '../load.ts'
import { pollRequest } from '../polling.ts'
import { inTurns } from '../rounds.ts'
import { comparison, type Row } from '../row.ts'

const ROUND_MS = 1_500
const ROUNDS = 7

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
    await using ours = await Load.open(site.url, CONNECTIONS)
    await using baseline = await Load.open(await bare.ask<string>(null), CONNECTIONS)

    const exchange = { expected: 204, next: (connection: number) => polls[connection] as Buffer }
    const figures = await inTurns(ROUNDS, {
      ours: () => ours.run(exchange, { ms: ROUND_MS }),
      baseline: () => baseline.run(exchange, { ms: ROUND_MS }),
    })
    return [comparison('idle poll', figures, 0.8)]
  },
}
