import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

let made = 0

/** Creates a running job of a project with a quota in bytes. */
async function takenJob(maxStoredBytes: number | null) {
  const name = `quota-${++made}`
  const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: name, maxStoredBytes })
  const definition = { script: ['true'], tags: [name] }
  const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.create', {
    projectId: project.id,
    name,
    definition,
  })
  const runner = await gateway.register({ tag_list: name })
  const taken = await gateway.post('/jobs/request', { token: runner.token })
  const { token } = taken.body as { token: string }
  const upload = (bytes: number, type = 'sast'): Promise<Answer> => {
    const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`
    return gateway.call('POST', `/api/v4/jobs/${id}/artifacts?artifact_type=${type}&artifact_format=raw`, {
      headers: { 'job-token': token, 'content-type': 'multipart/form-data; boundary=b' },
      body: Buffer.concat([Buffer.from(head), randomBytes(bytes), Buffer.from('\r\n--b--\r\n')]),
    })
  }
  const patch = (start: number, text: string): Promise<Answer> =>
    gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, {
      headers: { 'job-token': token, 'content-range': `${start}-${start + text.length - 1}` },
      body: text,
    })
  const job = () =>
    gateway.admin<{ status: string; failureReason: string | null; traceSize: number }>('query', 'jobs.get', { id })
  return { id, token, projectId: project.id, upload, patch, job }
}

const storageOf = async (projectId: number) => {
  const { items } = await gateway.admin<{ items: { projectId: number }[] }>('query', 'usage.storage')
  return items.find((item) => item.projectId === projectId)
}

describe('a project with a storage quota', () => {
  it('stores artifacts up to the quota, and refuses a further one with 413 and a sentence', async () => {
    const { id, token, upload } = await takenJob(100_000)
    expect((await upload(60_000)).status).toBe(201)
    const refused = await upload(60_000, 'dast')
    expect(refused.status).toBe(413)
    expect(refused.body).toEqual({ message: expect.stringContaining('storage quota is used up') })
    const headers = { 'job-token': token }
    const authorize = (filesize: number) =>
      gateway.call('POST', `/api/v4/jobs/${id}/artifacts/authorize?filesize=${filesize}`, { headers })
    expect([(await authorize(40_000)).status, (await authorize(40_001)).status]).toEqual([200, 413])
    expect(await gateway.admin('query', 'artifacts.list', { jobId: id })).toHaveLength(1)
  })

  it('does not store more for concurrent uploads either', async () => {
    const jobs = await takenJob(100_000)
    const types = ['sast', 'dast', 'codequality', 'secret_detection']
    const statuses = await Promise.all(types.map(async (type) => (await jobs.upload(60_000, type)).status))
    expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(1)
  })

  it('counts logs and artifacts, and fails a job that writes more, keeping what it wrote', async () => {
    const { upload, patch, job, projectId } = await takenJob(1_000)
    expect((await upload(900)).status).toBe(201)
    expect((await patch(0, 'a'.repeat(100))).status).toBe(202)
    // Sent again as if its answer was lost, which stores nothing more.
    expect((await patch(0, 'a'.repeat(100))).status).toBe(202)
    expect((await patch(100, 'b')).status).toBe(403)
    expect(await job()).toMatchObject({ status: 'failed', failureReason: 'trace_size_exceeded', traceSize: 100 })
    await expect
      .poll(() => storageOf(projectId))
      .toEqual({
        projectId,
        path: expect.stringMatching(/^quota-/),
        artifactBytes: 900,
        logBytes: 100,
        maxStoredBytes: 1_000,
      })
  })

  it('uses the quota of the settings when it has none of its own', async () => {
    await gateway.admin('mutation', 'settings.update', { maxStoredBytes: 1_000 })
    try {
      const without = await takenJob(null)
      expect((await without.upload(900)).status).toBe(201)
      expect((await without.upload(900, 'sast')).status).toBe(413)
      await expect.poll(() => storageOf(without.projectId)).toMatchObject({ artifactBytes: 900, maxStoredBytes: 1_000 })
      const other = await takenJob(5_000)
      expect((await other.upload(2_000)).status).toBe(201)
      await expect.poll(() => storageOf(other.projectId)).toMatchObject({ artifactBytes: 2_000, maxStoredBytes: 5_000 })
    } finally {
      await gateway.admin('mutation', 'settings.update', { maxStoredBytes: null })
    }
  })

  it('has no quota by default', async () => {
    const { upload, patch } = await takenJob(null)
    expect((await upload(200_000)).status).toBe(201)
    expect((await patch(0, 'a'.repeat(200_000))).status).toBe(202)
  })

  it('stores more once the quota is raised', async () => {
    const { projectId, upload } = await takenJob(10)
    expect((await upload(100)).status).toBe(413)
    const changed = await gateway.admin('mutation', 'projects.update', { id: projectId, maxStoredBytes: null })
    expect(changed).toMatchObject({ maxStoredBytes: null })
    await expect.poll(async () => (await upload(100)).status, { interval: 500 }).toBe(201)
  })
})
