import { DEFINITION, type JobDefinition, storedDefinition } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { create, find, gateway, say, services, take } from './testing/job-scene.ts'

const FEATURES = { native_steps_integration: true }
const RICH = { image: 'alpine:3', cache: { key: 'a' }, artifacts: { paths: ['out'] }, retry: 1 }
/** Its work are steps, so that it has no script. */
const STEPS = { script: undefined, run: [{ name: 'hello', script: 'echo hello' }] }

/** Stores a job's definition anew, as `change` leaves it. */
async function store(id: number, change: (stored: object) => object): Promise<void> {
  const { pipelineId, name } = await find(id)
  const definition = await services.jobs.definition(id)
  if (!definition) throw new Error(`job ${id} has no definition`)
  const place = { column: 'job_secrets.definition', row: `${pipelineId}:${name}` } as const
  await gateway.database.db.query('update job_secrets set definition = $2 where job_id = $1', [
    id,
    gateway.database.secrets.seal(JSON.stringify(change(storedDefinition(definition))), place),
  ])
}

const without = (key: string) => (stored: object) =>
  Object.fromEntries(Object.entries(stored).filter(([name]) => name !== key && name !== 'version'))

describe('a job that was stored by a release without one of the keywords', () => {
  it.each(Object.keys(DEFINITION) as (keyof JobDefinition)[])('is run, and run again: %s', async (key) => {
    const id = await create(key === 'script' ? STEPS : RICH)
    await store(id, without(key))
    const taken = await take(FEATURES)
    expect(taken.id).toBe(id)
    await say(taken, 'failed')
    await services.background.settle()
    const { retriedBy } = await find(id)
    const again = retriedBy ?? (await gateway.admin<{ id: number }>('mutation', 'jobs.retry', { id })).id
    expect((await take(FEATURES)).id).toBe(again)
  })

  it('is explained and shown', async () => {
    const id = await create(RICH)
    for (const key of ['inputs', 'artifacts', 'variables']) await store(id, without(key))
    expect(await gateway.admin('query', 'jobs.explain', { id })).toMatchObject({ jobId: id })
    expect(await gateway.admin('query', 'jobs.details', { id })).toMatchObject({ variables: [] })
  })

  it('is stored with a version today', async () => {
    const id = await create()
    const [row] = await gateway.database.db.query<{ definition: Uint8Array }>(
      'select definition from job_secrets where job_id = $1',
      [id],
    )
    const place = { column: 'job_secrets.definition', row: `${(await find(id)).pipelineId}:a` } as const
    const text = gateway.database.secrets.open(row?.definition ?? new Uint8Array(), place)
    expect(JSON.parse(text)).toMatchObject({ version: 1, script: ['true'] })
  })
})
