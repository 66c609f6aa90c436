import { removeOldLogs, removeOldPipelines } from '@yardmaster/domain/retention'
import { steadyClock } from '@yardmaster/domain/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ policy: { jobRetentionDays: 30, logRetentionDays: 7 } })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** Does what the sweep would do after so many days. */
async function sweepIn(days: number): Promise<void> {
  await gateway.services.background.settle()
  const clock = steadyClock(() => new Date(Date.now() + days * 86_400_000))
  await removeOldLogs({ ...gateway.services, clock })()
  await removeOldPipelines({ ...gateway.services, clock })()
}

describe('retention', () => {
  it('of the installation is shown with the settings, and cannot be changed there', async () => {
    const kept = { jobRetentionDays: 30, logRetentionDays: 7 }
    expect(await gateway.admin('query', 'settings.get')).toMatchObject(kept)
    expect(await gateway.admin('query', 'settings.limits')).toMatchObject(kept)
    await expect(gateway.admin('mutation', 'settings.update', kept)).rejects.toThrow('jobRetentionDays')
  })

  it.each(['jobRetentionDays', 'logRetentionDays'])('of a project is a number of days or null: %s', async (field) => {
    const { id } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: field, [field]: 5 })
    expect(await gateway.admin('query', 'projects.get', { id })).toMatchObject({ [field]: 5 })
    for (const wrong of [0, -1, 1.5, '5', 36_501])
      await expect(gateway.admin('mutation', 'projects.update', { id, [field]: wrong })).rejects.toThrow(field)
    for (const right of [1, 36_500, null])
      expect(await gateway.admin('mutation', 'projects.update', { id, [field]: right })).toMatchObject({
        [field]: right,
      })
    expect(await gateway.admin('mutation', 'projects.update', { id, name: 'same' })).toMatchObject({ [field]: null })
  })

  it('leaves a job that says when its log was removed, and later nothing', async () => {
    const runner = await gateway.register()
    const made = { name: 'sample', definition: { script: ['true'] } }
    const { id } = await gateway.admin<{ id: number }>('mutation', 'jobs.create', made)
    const { body } = await gateway.post('/jobs/request', { token: runner.token })
    const { token } = body as { token: string }
    const patch = { headers: { 'job-token': token, 'content-range': '0-4' }, body: 'hello' }
    expect((await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, patch)).status).toBe(202)
    await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })

    const download = () => gateway.call('GET', `/download/jobs/${id}/trace`, { headers })
    await sweepIn(6)
    expect(await download()).toMatchObject({ status: 200, text: 'hello' })
    expect(await gateway.admin('query', 'jobs.get', { id })).toMatchObject({ logRemovedAt: null })
    await sweepIn(8)
    const job = await gateway.admin<{ logRemovedAt: string }>('query', 'jobs.get', { id })
    expect(job).toMatchObject({ status: 'success', traceSize: 0, erasedAt: null, logRemovedAt: expect.any(String) })
    const gone = await download()
    expect([gone.status, gone.headers['content-disposition']]).toEqual([410, undefined])
    expect(gone.body).toMatchObject({
      message: `The log was removed on ${job.logRemovedAt.slice(0, 10)}, because it was older than logs are kept here.`,
      refusal: { kind: 'log_removed', details: { at: job.logRemovedAt } },
    })
    await sweepIn(31)
    expect((await download()).status).toBe(404)
    await expect(gateway.admin('query', 'jobs.get', { id })).rejects.toThrow(`${id}`)
  })
})
