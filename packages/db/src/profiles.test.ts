import { expect, it } from 'vitest'
import type { Queryable } from './database.ts'
import { removeUnusedProfiles } from './profiles.ts'
import { sampleJob, samplePipeline, unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

const profilesOf = (name: string) =>
  test.db.query<{ id: number; tags: string[] }>('select id, tags from job_profiles where name = $1 order by id', [name])

const create = async (name: string, tags: readonly string[][]) => {
  const project = await makeProject(test)
  const jobs = tags.map((own) => sampleJob({ tags: own }, { name, status: 'created' }))
  return await test.stores.jobs.create(samplePipeline(project.id, { jobs }))
}

async function drop(db: Queryable, ids: readonly number[]): Promise<void> {
  await db.query('delete from job_secrets where job_id = any ($1)', [ids])
  await db.query('delete from jobs where id = any ($1)', [ids])
}

it('jobs with the same name and tags share a profile, also later ones and retries', async () => {
  const name = unique()
  const ids = [...(await create(name, [['a'], ['a'], [], ['b', 'a']])), ...(await create(name, [['a']]))]
  expect((await profilesOf(name)).map(({ tags }) => tags)).toEqual([['a'], [], ['b', 'a']])
  const rows = await test.db.query<{ profile_id: number }>(
    'select profile_id from jobs where id = any ($1) order by id',
    [ids],
  )
  const [a, none, ba] = (await profilesOf(name)).map(({ id }) => id)
  expect(rows.map(({ profile_id }) => profile_id)).toEqual([a, a, none, ba, a])
})

it('a profile goes with its last job, and comes again', async () => {
  const name = unique()
  const [first = 0, second = 0] = await create(name, [['a'], ['a']])
  const ids = (await profilesOf(name)).map(({ id }) => id)
  await drop(test.db, [first])
  await removeUnusedProfiles(test.db, ids)
  expect(await profilesOf(name)).toHaveLength(1)
  await drop(test.db, [second])
  await removeUnusedProfiles(test.db, ids)
  expect(await profilesOf(name)).toEqual([])
  await create(name, [['a']])
  expect(await profilesOf(name)).toHaveLength(1)
  expect(await test.stores.jobs.list({ search: name.toUpperCase(), limit: 5 })).toHaveLength(1)
})

// PGlite has one connection.
it.runIf(process.env.TEST_DATABASE_URL)('a profile stays for a job that is being created', async () => {
  const name = unique()
  const [old = 0] = await create(name, [['a']])
  const before = await profilesOf(name)
  let removing: Promise<void> | undefined
  await test.db.transaction(async (tx) => {
    await tx.query(
      `insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies, allow_failure,
         allow_failure_exit_codes)
       select pipeline_id, project_id, name, stage, 'created', tags, '{}', '{}', false, '{}' from jobs where id = $1`,
      [old],
    )
    await drop(test.db, [old])
    removing = removeUnusedProfiles(
      test.db,
      before.map(({ id }) => id),
    )
    await expect
      .poll(() => test.db.query("select from pg_locks where locktype = 'advisory' and not granted"), { interval: 20 })
      .toHaveLength(1)
  })
  await removing
  expect(await profilesOf(name)).toEqual(before)
  expect(await test.stores.jobs.list({ name, limit: 5 })).toMatchObject([{ name }])
})
