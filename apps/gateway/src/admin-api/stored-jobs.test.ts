import { storedDefinition } from '@yardmaster/ci-config'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const get = (id: number) => gateway.admin<{ status: string }>('query', 'jobs.get', { id })

async function create(definition: object = {}): Promise<number> {
  const request = { name: 'a', definition: { script: ['true'], ...definition } }
  return (await gateway.admin<{ id: number }>('mutation', 'jobs.create', request)).id
}

/** Stores a job's definition again as returned by `change`. */
async function store(id: number, change: (stored: object) => object): Promise<void> {
  const { database, services } = gateway
  const [job, definition] = [await services.jobs.find(id), await services.jobs.definition(id)]
  if (!job || !definition || definition === 'newer') throw new Error(`job ${id} has no definition`)
  const place = { column: 'job_secrets.definition', row: `${job.pipelineId}:${job.name}` } as const
  const encrypted = database.secrets.encrypt(JSON.stringify(change(storedDefinition(definition))), place)
  await database.db.query('update job_secrets set definition = $2 where job_id = $1', [id, encrypted])
}

it('shows a damaged job, and refuses to explain it, to show its details or to run it again', async () => {
  const id = await create({ when: 'manual' })
  await gateway.database.db.query("update job_secrets set definition = decode('00', 'hex') where job_id = $1", [id])
  expect(await get(id)).toMatchObject({ id, status: 'manual' })
  for (const procedure of ['jobs.explain', 'jobs.details']) {
    await expect(gateway.admin('query', procedure, { id })).rejects.toThrow('damaged')
  }
  await gateway.admin('mutation', 'jobs.cancel', { id })
  await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('damaged')
})

it('explains and shows a job that was stored by a release without some of the keywords', async () => {
  const id = await create({ image: 'alpine:3', cache: { key: 'a' }, artifacts: { paths: ['out'] }, retry: 1 })
  const missing = ['inputs', 'artifacts', 'variables', 'version']
  await store(id, (stored) => Object.fromEntries(Object.entries(stored).filter(([name]) => !missing.includes(name))))
  expect(await gateway.admin('query', 'jobs.explain', { id })).toMatchObject({ jobId: id })
  expect(await gateway.admin('query', 'jobs.details', { id })).toMatchObject({ variables: [] })
})

it('shows and cancels a job that was stored by a newer release, and refuses its details', async () => {
  const id = await create()
  await store(id, (stored) => ({ ...stored, version: 99 }))
  for (const procedure of ['jobs.explain', 'jobs.details']) {
    await expect(gateway.admin('query', procedure, { id })).rejects.toThrow('A newer release of Yardmaster created')
  }
  expect(await get(id)).toMatchObject({ id, status: 'pending' })
  await gateway.admin('mutation', 'jobs.cancel', { id })
  expect((await get(id)).status).toBe('canceled')
})
