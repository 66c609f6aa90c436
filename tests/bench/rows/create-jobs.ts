import { CONNECTIONS, Form } from '../form.ts'
import { type Answers, Load, rate, request } from '../load.ts'
import { inTurns } from '../rounds.ts'
import { comparison, type Row } from '../row.ts'

const ROUNDS = 5
/** Jobs created in a round, one by one. */
const SINGLE = 160
const BATCH = 500
/** Calls in a round, one after the other. */
const BATCHES = 4

/** Job creation by the admin API, beside plain statements that insert as many rows. */
export const createJobs: Row = {
  name: 'create',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const bare = await form.bare('claims')
    const call = (procedure: string, input: unknown) =>
      request(
        'POST',
        `/trpc/${procedure}`,
        { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': 'application/json' },
        JSON.stringify(input),
      )
    const job = (name: string) => ({ name, definition: { script: ['true'] } })
    const one = call('jobs.create', job('sample'))
    const many = call('jobs.createMany', { jobs: Array.from({ length: BATCH }, (_, index) => job(`sample ${index}`)) })
    const inserting = (statements: number, jobsEach: number, concurrency: number) => async () =>
      byJob(await bare.ask<Answers>({ kind: 'insert', statements, jobsEach, concurrency }), jobsEach)

    await inserting(1, 1, 1)()
    await using load = await Load.open(site.url, CONNECTIONS)
    await using alone = await Load.open(site.url, 1)
    const rounds = await inTurns(ROUNDS, {
      single: {
        processes: site.processes,
        round: async () => rate(await load.run({ expected: 200, next: () => one }, { requests: SINGLE })),
      },
      bareSingle: { processes: bare.processes, round: inserting(SINGLE, 1, CONNECTIONS) },
      batch: {
        processes: site.processes,
        round: async () => byJob(await alone.run({ expected: 200, next: () => many }, { requests: BATCHES }), BATCH),
      },
      bareBatch: { processes: bare.processes, round: inserting(BATCHES, BATCH, 1) },
    })
    return [
      comparison(`job creation, ${CONNECTIONS} connections`, { ours: rounds.single, baseline: rounds.bareSingle }),
      comparison(`job creation, ${BATCH} in one call`, { ours: rounds.batch, baseline: rounds.bareBatch }),
    ]
  },
}

const byJob = ({ perSecond, operations }: Answers, jobsEach: number) => ({
  figure: perSecond * jobsEach,
  operations: operations * jobsEach,
})
