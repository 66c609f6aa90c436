import { openSecretBox, stores } from '@yardmaster/db'
import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import {
  age,
  createMany,
  database,
  find,
  HOUR,
  recordFailures,
  services,
  setUpScene,
  statusOf,
} from '../testing/scene.ts'
import { catchUp } from './follow-up.ts'
import { startDelayedJobs } from './play-job.ts'

setUpScene()

/** Ends a job as before a crash: nothing follows. */
async function endWithoutFollowUp(id: number): Promise<void> {
  await database.db.script(`delete from pending_jobs where job_id = ${id}`)
  await arrange(database.db, "update jobs set status = 'success', finished_at = now() where id = $1", [id])
}

describe('a damaged job', () => {
  it('does not keep sweeps from the other jobs', async () => {
    const failures: string[] = []
    const sweeping = { ...services, background: recordFailures(failures) }
    const [damaged = 0, follower = 0, other = 0] = await createMany({
      damaged: { when: 'manual', allow_failure: false, retry: 2 },
      follower: { needs: ['damaged'] },
      other: { when: 'delayed', start_in: '1 day' },
    })
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await database.db.query(
      "update job_secrets set definition = decode('00', 'hex') where job_id = any ($1::integer[])",
      [[damaged, follower]],
    )
    await arrange(
      database.db,
      "update jobs set status = 'failed', failure_reason = 'script_failure', finished_at = now() where id = $1",
      [damaged],
    )
    await endWithoutFollowUp(first)
    await age(other, 'start_at', 24 * HOUR + 1)

    await catchUp(sweeping)
    await startDelayedJobs(sweeping)
    await services.background.settle()
    expect(await find(damaged)).toMatchObject({ status: 'failed', retriedBy: null })
    expect([await statusOf(second), await statusOf(other)]).toEqual(['pending', 'pending'])
    expect(await find(follower)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(sweeping)
    await services.background.settle()
    expect(failures).toEqual([])
  })

  it('is not assumed by a process with a wrong key, which ends no job', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await endWithoutFollowUp(first)
    const failures: string[] = []
    const { jobs } = stores(database.db, openSecretBox(Buffer.alloc(32, 'mistaken')))
    await catchUp({ ...services, jobs, background: recordFailures(failures) })
    await services.background.settle()
    expect([await statusOf(second), failures.length]).toEqual(['created', 1])
    await catchUp(services)
    expect(await statusOf(second)).toBe('pending')
  })
})
