// The textbook claim on a table of jobs, straight through the driver: no HTTP, no matching, no payload.
import { answering } from './answering.ts'
import { openBareDatabase } from './database.ts'

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
  | { readonly kind: 'fill'; readonly jobs: number }
  | { readonly kind: 'claim'; readonly jobs: number; readonly concurrency: number }

async function fill(jobs: number): Promise<void> {
  await db.query(
    'fill',
    `insert into jobs (name, definition) select 'sample', decode(repeat('5a', 600), 'hex') from generate_series(1, $1)`,
    [jobs],
  )
  await db.script('analyze jobs')
}

/** Claims per second. */
async function claim(jobs: number, concurrency: number): Promise<number> {
  const begun = performance.now()
  let left = jobs
  const claimOn = async () => {
    while (left > 0) {
      left -= 1
      await db.query('claim', CLAIM, [1])
    }
  }
  await Promise.all(Array.from({ length: concurrency }, claimOn))
  return jobs / ((performance.now() - begun) / 1000)
}

answering<Question>(
  (question) => (question.kind === 'fill' ? fill(question.jobs) : claim(question.jobs, question.concurrency)),
  () => db.close(),
)
