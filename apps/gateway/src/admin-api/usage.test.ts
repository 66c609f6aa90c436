import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

interface Used {
  month: string
  items: {
    projectId: number
    runnerId: number
    path: string
    jobs: number
    runSeconds: number
    computeMinutes: number
  }[]
}
interface Times {
  hours: number
  all: { jobs: number; queueWait: { p50: number } } | null
  tags: { tag: string | null; jobs: number; runTime: { p99: number } }[]
}

it('counts a finished job for its project and its runner, with the runner’s cost factor', async () => {
  const { id: runnerId, token } = await gateway.register({ tag_list: 'fast', run_untagged: false })
  const runner = await gateway.admin<{ costFactor: number }>('mutation', 'runners.update', {
    id: runnerId,
    costFactor: 3,
  })
  expect(runner.costFactor).toBe(3)
  const { id: projectId } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'measured' })
  const definition = { script: ['true'], tags: ['fast'] }
  await gateway.admin('mutation', 'jobs.create', { projectId, name: 'measured', definition })
  const { body } = await gateway.post('/jobs/request', { token })
  const job = body as { id: number; token: string }
  expect((await gateway.admin<Used>('query', 'usage.projects')).items).toEqual([])

  const report = () => gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: job.token, state: 'success' } })
  expect([(await report()).status, (await report()).status]).toEqual([200, 403])
  const month = new Date().toISOString().slice(0, 7)
  // Sums are cached for a while.
  const projects = await vi.waitUntil(async () => {
    const used = await gateway.admin<Used>('query', 'usage.projects', { month })
    return used.items.length > 0 && used
  }, 240_000)
  expect(projects).toMatchObject({ month, items: [{ projectId, path: 'measured', jobs: 1 }] })
  const [used] = projects.items
  expect(used?.computeMinutes).toBeCloseTo(((used?.runSeconds ?? 0) * 3) / 60, 9)
  const runners = await gateway.admin<Used>('query', 'usage.runners')
  expect(runners).toMatchObject({ month, items: [{ runnerId, costFactor: 3, jobs: 1 }] })

  const times = await gateway.admin<Times>('query', 'usage.times', { tag: 'fast', hours: 1 })
  expect(times).toMatchObject({ hours: 1, all: null, tags: [{ tag: 'fast', jobs: 1 }] })
  expect(await gateway.admin<Times>('query', 'usage.times')).toMatchObject({ hours: 24, all: { jobs: 1 } })
})

it('refuses an invalid month, time span and cost factor', async () => {
  await expect(gateway.admin('query', 'usage.projects', { month: '2026-13' })).rejects.toThrow('calendar month')
  await expect(gateway.admin('query', 'usage.times', { hours: 0 })).rejects.toThrow('hours')
  const { id } = await gateway.register()
  await expect(gateway.admin('mutation', 'runners.update', { id, costFactor: -1 })).rejects.toThrow('costFactor')
})
