import { describe, expect, it } from 'vitest'
import { age, create, createMany, find, HOUR, services, setUpScene, statusOf } from '../testing/scene.ts'
import { startDelayedJobs } from './play-job.ts'

setUpScene()

describe('the time limit (docs/protocol/job-update.md 8)', () => {
  it('of a delayed job is one hour after its time, after which it is not started', async () => {
    const delayed = { when: 'delayed', start_in: '1 day' }
    const [late, tooLate, follower] = await createMany({
      late: delayed,
      'too late': delayed,
      follower: { needs: ['too late'] },
    })
    await age(late ?? 0, 'start_at', 25 * HOUR - 600)
    await age(tooLate ?? 0, 'start_at', 25 * HOUR + 1)
    const other = await create(delayed)
    await startDelayedJobs(services)
    expect(await find(tooLate ?? 0)).toMatchObject({ status: 'failed', failureReason: 'stale_schedule' })
    expect([await statusOf(late ?? 0), await statusOf(follower ?? 0), await statusOf(other)]).toEqual([
      'pending',
      'skipped',
      'scheduled',
    ])
  })
})
