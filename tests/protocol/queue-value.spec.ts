import { expect, test } from '../support/fixtures.ts'
import type { JobPayload } from '../support/payload.ts'

test.describe('the queue value (docs/protocol/job-request.md 3)', () => {
  test('a request that repeats it gets the same answer, without a search', async ({ runner }) => {
    const first = (await runner.request()).headers.get('X-GitLab-Last-Update')
    expect((await runner.request()).headers.get('X-GitLab-Last-Update')).toBe(first)
    expect((await runner.request()).headers.get('X-GitLab-Last-Update')).toBe(first)
  })

  test('a new job that matches makes it out of date', async ({ runner, createJob }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    const id = await createJob()
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(201)
    expect(reply.json<JobPayload>().id).toBe(id)
  })

  test('a new job that does not match leaves it unchanged', async ({ runner, createJob }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    await createJob({ tags: ['elsewhere'] })
    const reply = await runner.request({ last_update: before })
    expect([reply.status, reply.headers.get('X-GitLab-Last-Update')]).toEqual([204, before])
  })

  test('changed settings make it out of date', async ({ runner, createJob, admin }) => {
    const id = await createJob({ tags: ['later'] })
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    await admin.mutate('runners.update', { id: runner.id, tagList: ['later'] })
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(201)
    expect(reply.json<JobPayload>().id).toBe(id)
  })

  for (const [what, lastUpdate] of [
    ['an old value', '0'.repeat(32)],
    ['a blank one', ''],
    ['null', null],
    ['a number', 5],
  ] as const) {
    test(`${what} always causes a search`, async ({ runner, createJob }) => {
      await runner.request()
      await createJob()
      expect((await runner.request({ last_update: lastUpdate })).status).toBe(201)
    })
  }

  test('one runner’s value is invalid for another', async ({ register, createJob }) => {
    const [one, two] = [await register(), await register()]
    const value = (await one.request()).headers.get('X-GitLab-Last-Update')
    await createJob()
    expect((await two.request({ last_update: value })).status).toBe(201)
  })

  test('a job that ends or is taken by others does not change it', async ({ register, createJob }) => {
    const [one, two] = [await register(), await register()]
    await createJob()
    const taken = await one.take()
    const before = (await two.request()).headers.get('X-GitLab-Last-Update')
    await taken.finish('success')
    expect((await two.request()).headers.get('X-GitLab-Last-Update')).toBe(before)
  })

  test('after a rotation the old value is invalid', async ({ runner, admin }) => {
    const before = (await runner.request()).headers.get('X-GitLab-Last-Update')
    runner.token = (await admin.mutate('runners.rotateToken', { id: runner.id })).token
    const reply = await runner.request({ last_update: before })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('X-GitLab-Last-Update')).not.toBe(before)
  })
})
