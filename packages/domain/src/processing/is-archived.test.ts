import { describe, expect, it } from 'vitest'
import {
  age,
  ageOfPipeline,
  ask,
  cancel,
  create,
  find,
  HOUR,
  say,
  services,
  setUpScene,
  statusOf,
  take,
} from '../testing/scene.ts'
import { catchUp } from './follow-up.ts'
import { playJob, startDelayedJobs } from './play-job.ts'
import { retryJob } from './retry-job.ts'

setUpScene()

describe('a job whose pipeline is older than the archive age', () => {
  const archive = () => services.settings.update({ archiveAfter: 30 * 24 * HOUR })
  const MONTH = 31 * 24 * HOUR

  it('is not retried, even if the attempt itself is recent', async () => {
    const first = await create()
    await cancel(first)
    const again = await retryJob(services, first)
    const id = again.ok ? again.value.id : 0
    await cancel(id)
    await ageOfPipeline(id, MONTH)
    await archive()
    expect(await retryJob(services, id)).toMatchObject({
      error: { kind: 'transition_impossible', reason: expect.stringContaining('too old') },
    })
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('is not retried automatically', async () => {
    await create({ retry: 2 })
    const taken = await take()
    await ageOfPipeline(taken.id, MONTH)
    await archive()
    await say(taken, 'failed')
    await catchUp(services)
    expect(await find(taken.id)).toMatchObject({ status: 'failed', retriedBy: null })
  })

  it('is not played', async () => {
    const id = await create({ when: 'manual' })
    await ageOfPipeline(id, MONTH)
    await archive()
    expect(await playJob(services, id)).toMatchObject({ ok: false, error: { kind: 'transition_impossible' } })
    expect(await statusOf(id)).toBe('manual')
  })

  it('fails when its time comes and a runner polls', async () => {
    const id = await create({ when: 'delayed', start_in: '1 second' })
    await age(id, 'start_at', 60)
    await ageOfPipeline(id, MONTH)
    await archive()
    await startDelayedJobs(services)
    expect(await statusOf(id)).toBe('pending')
    expect((await ask()).kind).toBe('nothing')
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'archived_failure' })
  })
})
