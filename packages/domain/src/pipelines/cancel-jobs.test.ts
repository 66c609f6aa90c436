import { expect, it } from 'vitest'
import { create, recordFailures, services, statusOf } from '../testing/scene.ts'
import { cancelJobs } from './cancel-jobs.ts'

it('cancels jobs in the given order, and goes on after one that is over or cannot be canceled', async () => {
  const ids = [await create(), await create(), await create(), await create()]
  const [over = 0, first = 0, broken = 0, last = 0] = ids
  await cancelJobs(services, [over])
  const canceled: number[] = []
  const failures: string[] = []
  const jobs: typeof services.jobs = {
    ...services.jobs,
    async cancelWaiting(id) {
      if (id === broken) throw new Error('its record cannot be read')
      canceled.push(id)
      return await services.jobs.cancelWaiting(id)
    },
  }
  const ports = { ...services, jobs, background: recordFailures(failures) }
  expect(await cancelJobs(ports, [over, last, broken, first])).toBe(false)
  expect(canceled).toEqual([last, first])
  expect(await Promise.all(ids.map(statusOf))).toEqual(['canceled', 'canceled', 'pending', 'canceled'])
  expect(failures).toEqual([`cancel job ${broken}`])
})
