import { arrange } from '@yardmaster/db/testing'
import type { Services } from '@yardmaster/domain'
import { updateJob } from '@yardmaster/domain/execution'
import type { JobStatus } from '@yardmaster/domain/jobs'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

export let gateway: TestGateway
export let services: Services
export let runner: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway()
  services = gateway.services
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  // The runner sees the jobs of every test.
  await arrange(
    gateway.database.db,
    "delete from pending_jobs; delete from resources; update jobs set status = 'canceled', finished_at = now()",
  )
  await gateway.admin('mutation', 'settings.update', { archiveAfter: null })
})

export const HOUR = 3600
export const create = async (definition: object = {}): Promise<number> => {
  const request = { name: 'a', definition: { script: ['true'], ...definition } }
  return (await gateway.admin<{ id: number }>('mutation', 'jobs.create', request)).id
}
export const createMany = async (jobs: Readonly<Record<string, object>>): Promise<number[]> => {
  const named = Object.entries(jobs).map(([name, definition]) => ({
    name,
    definition: { script: ['true'], ...definition },
  }))
  return (await gateway.admin<{ ids: number[] }>('mutation', 'jobs.createMany', { jobs: named })).ids
}
export const take = async (features: object = {}): Promise<{ id: number; token: string }> => {
  const info = { features: { cancel_gracefully: true, ...features } }
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token, system_id: 's_1', info })
  expect(status).toBe(201)
  return body as { id: number; token: string }
}
export const say = ({ id, token }: { id: number; token: string }, state: string) =>
  updateJob(services, {
    id,
    token,
    ipAddress: null,
    state,
    failureReason: null,
    exitCode: 1,
    checksum: null,
    bytesize: null,
  })
export const find = async (id: number) => {
  await services.background.settle()
  const job = await services.jobs.find(id)
  if (!job) throw new Error(`no job ${id}`)
  return job
}
export const statusOf = async (id: number): Promise<JobStatus> => (await find(id)).status
export const cancel = (id: number) => gateway.admin('mutation', 'jobs.cancel', { id })
export const age = (id: number, column: string, seconds: number) =>
  gateway.database.db.query(`update jobs set ${column} = ${column} - $2 * interval '1 second' where id = $1`, [
    id,
    seconds,
  ])
