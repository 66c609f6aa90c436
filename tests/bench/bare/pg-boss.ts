// Jobs taken one by one with pg-boss, as its defaults have it.
import { PgBoss } from 'pg-boss'
import { answering } from './answering.ts'
import { POOL_SIZE } from './database.ts'
import { inParallel } from './in-parallel.ts'
import type { QueueQuestion } from './queue-question.ts'

const QUEUE = 'jobs'
const BATCH = 1_000
const DATA = { definition: 'x'.repeat(600) }

const boss = new PgBoss({
  connectionString: process.env.DATABASE_URL ?? '',
  max: POOL_SIZE,
  // Upkeep would only slow it down.
  supervise: false,
  schedule: false,
})
boss.on('error', console.error)
await boss.start()
await boss.createQueue(QUEUE)

async function fill(jobs: number): Promise<void> {
  for (let left = jobs; left > 0; left -= BATCH) {
    await boss.insert(
      QUEUE,
      Array.from({ length: Math.min(left, BATCH) }, () => ({ data: DATA })),
    )
  }
}

async function take(): Promise<void> {
  const jobs = await boss.fetch(QUEUE)
  if (jobs.length !== 1) throw new Error(`${jobs.length} jobs were fetched instead of one`)
}

answering<QueueQuestion>(
  (question) =>
    question.kind === 'fill' ? fill(question.jobs) : inParallel(question.jobs, question.concurrency, take),
  () => boss.stop({ graceful: false }),
)
