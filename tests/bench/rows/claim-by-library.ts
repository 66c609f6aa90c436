import { bareQueue, gatewayQueue, refilled } from '../claiming.ts'
import { Form } from '../form.ts'
import { inTurns } from '../rounds.ts'
import { comparison, type Finding, type Row } from '../row.ts'

const LIBRARIES = ['pg-boss', 'graphile-worker'] as const
const CONNECTIONS = [16, 64]
const ROUND_JOBS = 256
const ROUNDS = 5
/** Also what the queues hold at the end of a round: workers take a few jobs more than are counted. */
const DEPTH = 2_000

/** Our claims beside those of libraries for job queues in PostgreSQL. */
export const claimByLibrary: Row = {
  name: 'libraries',
  kinds: ['production'],
  async measure(kind) {
    await using form = await Form.open(kind)
    const ours = await gatewayQueue(await form.gateway(), { depth: DEPTH })
    const pgBoss = await bareQueue(form, DEPTH, 'pg-boss')
    const graphileWorker = await bareQueue(form, DEPTH, 'graphile-worker')

    const findings: Finding[] = []
    for (const connections of CONNECTIONS) {
      const rounds = await inTurns(ROUNDS, {
        ours: refilled(ours, ROUND_JOBS, connections),
        'pg-boss': refilled(pgBoss, ROUND_JOBS, connections),
        'graphile-worker': refilled(graphileWorker, ROUND_JOBS, connections),
      })
      for (const library of LIBRARIES) {
        const what = `claim by ${library}, ${connections} connections`
        findings.push(comparison(what, { ours: rounds.ours, baseline: rounds[library] }))
      }
    }
    return findings
  },
}
