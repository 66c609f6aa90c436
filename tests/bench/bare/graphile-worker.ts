// Jobs taken with graphile-worker, as its defaults have it. It can't take a job without completing the one before, so
// each costs two statements.
import { Logger, makeWorkerUtils, runTaskList } from 'graphile-worker'
import { Pool } from 'pg'
import { type Answers, answersOf } from '../load.ts'
import { answering } from './answering.ts'
import { POOL_SIZE } from './database.ts'
import type { QueueQuestion } from './queue-question.ts'

const FILL = `
select graphile_worker.add_job('job', json_build_object('definition', repeat('x', 600)), job_key => null)
  from generate_series(1, $1)`

const pgPool = new Pool({ connectionString: process.env.DATABASE_URL, max: POOL_SIZE })
pgPool.on('error', console.error)
// It asks for both.
pgPool.on('connect', (client) => client.on('error', console.error))
const options = { pgPool, logger: new Logger(() => () => undefined) }
const utils = await makeWorkerUtils(options)
await utils.migrate()

/** Runs workers until they have begun so many jobs. Their start is not part of the time. */
async function take(jobs: number, concurrency: number): Promise<Answers> {
  const { promise: done, resolve: end } = Promise.withResolvers<void>()
  const begun: number[] = []
  const workers = runTaskList(
    { ...options, concurrency, noHandleSignals: true },
    {
      job: async () => {
        begun.push(performance.now())
        if (begun.length > jobs) end()
      },
    },
    pgPool,
  )
  await done
  const [first = 0] = begun
  const last = begun[jobs] ?? 0
  const delays = begun.slice(1, jobs + 1).map((at, index) => at - (begun[index] ?? 0))
  await workers.gracefulShutdown()
  return answersOf(delays, last - first)
}

answering<QueueQuestion>(
  (question) =>
    question.kind === 'fill' ? pgPool.query(FILL, [question.jobs]) : take(question.jobs, question.concurrency),
  async () => {
    await utils.release()
    await pgPool.end()
  },
)
