import { describe, expect, it } from 'vitest'
import { cancel, create, createMany, find, say, setUpScene, statusOf, take } from '../testing/scene.ts'

setUpScene()

describe('a cancel', () => {
  it('ends a job that waits for others, and skips the jobs that wait for it', async () => {
    const [first = 0, second = 0, third = 0] = await createMany({
      first: { when: 'manual', allow_failure: false },
      second: { needs: ['first'] },
      third: { needs: ['second'] },
    })
    expect(await statusOf(second)).toBe('created')
    await cancel(second)
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([
      'manual',
      'canceled',
      'skipped',
    ])
  })

  it('ends a job that waits for a resource; a job that has the resource passes it on', async () => {
    const group = { resource_group: 'production' }
    const [first, second, third] = [await create(group), await create(group), await create(group)]
    expect([await statusOf(second), await statusOf(third)]).toEqual(['waiting_for_resource', 'waiting_for_resource'])
    await cancel(second)
    expect(await statusOf(second)).toBe('canceled')
    await cancel(first)
    expect([await statusOf(first), await statusOf(third)]).toEqual(['canceled', 'pending'])
  })

  it('before the runner’s first call ends the job at once and frees its resource', async () => {
    const group = { resource_group: 'production' }
    const [first, second] = [await create({ ...group, retry: 2 }), await create(group)]
    const taken = await take()
    expect(taken.id).toBe(first)
    await cancel(first)
    expect(await find(first)).toMatchObject({ status: 'canceled', failureReason: null, retriedBy: null })
    expect(await statusOf(second)).toBe('pending')
    expect(await say(taken, 'running')).toMatchObject({
      ok: false,
      error: { kind: 'job_not_executing', status: 'canceled' },
    })
  })
})
