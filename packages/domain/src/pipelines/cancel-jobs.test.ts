import { expect, it } from 'vitest'
import { create, createMany, recordFailures, services, setUpScene, statusOf } from '../testing/scene.ts'
import { cancelJobs } from './cancel-jobs.ts'

setUpScene()

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

it('lets nothing follow from a cancel before all are canceled, not even where the order does not help', async () => {
  const ids = await createMany({
    gate: { when: 'manual', allow_failure: false },
    first: { needs: ['second'] },
    second: { needs: ['gate'] },
    other: { resource_group: 'production', needs: ['gate'], when: 'always' },
  })
  const jobs: typeof services.jobs = {
    ...services.jobs,
    async cancelWaiting(id) {
      await services.background.settle()
      return await services.jobs.cancelWaiting(id)
    },
  }
  const [gate = 0, first = 0, second = 0, other = 0] = ids
  expect(await cancelJobs({ ...services, jobs }, [gate, second, first, other])).toBe(true)
  expect(await Promise.all(ids.map(statusOf))).toEqual(['canceled', 'canceled', 'canceled', 'canceled'])
})

it('does what follows for all of them afterwards, and reports what fails', async () => {
  const group = { resource_group: 'production' }
  const [first, second, waiting] = [await create(group), await create(group), await create(group)]
  const failures: string[] = []
  const advanced: number[] = []
  const jobs: typeof services.jobs = {
    ...services.jobs,
    async releaseResource(id) {
      advanced.push(id)
      if (id === second) throw new Error('the database is away')
      return await services.jobs.releaseResource(id)
    },
  }
  await cancelJobs({ ...services, jobs, background: recordFailures(failures) }, [second, first])
  expect(await statusOf(waiting)).toBe('pending')
  expect(advanced).toEqual([second, first])
  expect(failures).toEqual(['follow up a job'])
})
