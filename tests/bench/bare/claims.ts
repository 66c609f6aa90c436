// The textbook claim on a table of jobs, and plain insertion, straight through the driver: no HTTP, no matching, no payload.
import { answering } from './answering.ts'
import { openBareDatabase } from './database.ts'
import { inParallel } from './in-parallel.ts'
import type { QueueQuestion } from './queue-question.ts'

const CLAIM = `
update jobs set status = 'running', runner_id = $1, started_at = now()
 where id = (select id from jobs where status = 'pending' order by id limit 1 for update skip locked)
returning *`

const db = await openBareDatabase()
await db.script(`
  create table jobs (
    id          integer generated always as identity primary key,
    status      text not null default 'pending',
    name        text not null,
    definition  bytea not null,
    runner_id   integer,
    created_at  timestamptz not null default now(),
    started_at  timestamptz
  ) with (fillfactor = 70);
  create index jobs_pending on jobs (id) where status = 'pending'`)

type Question =
  | QueueQuestion
  | { readonly kind: 'insert'; readonly statements: number; readonly jobsEach: number; readonly concurrency: number }

const INSERT = `insert into jobs (name, definition) select 'sample', decode(repeat('5a', 600), 'hex') from generate_series(1, $1)`
const insert = (jobs: number) => db.query('insert', INSERT, [jobs])

async function fill(jobs: number): Promise<void> {
  await insert(jobs)
  await db.script('analyze jobs')
}

function work(question: Question): Promise<unknown> {
  switch (question.kind) {
    case 'fill':
      return fill(question.jobs)
    case 'claim':
      return inParallel(question.jobs, question.concurrency, () => db.query('claim', CLAIM, [1]))
    case 'insert':
      return inParallel(question.statements, question.concurrency, () => insert(question.jobsEach))
  }
}

answering<Question>(work, () => db.close())
