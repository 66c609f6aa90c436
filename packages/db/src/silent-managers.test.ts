import { beforeEach, describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()
// Removal considers all managers, so each test begins without any.
beforeEach(() => test.db.query('delete from runner_managers'))

const DAY = 86_400_000
const ago = (ms: number): Date => new Date(Date.now() - ms)
const managers = async (id: number) => (await test.stores.runners.managers(id)).map(({ systemId }) => systemId)
const seeManager = (id: number, systemId: string, at: Date) => test.stores.runners.seeManager(id, systemId, {}, at)
const removeSilentManagers = (limit = 100) => test.stores.runners.removeSilentManagers(ago(7 * DAY), limit)
/** Makes managers old: a manager without contact counts from its creation. */
const age = () => test.db.query(`update runner_managers set created_at = now() - interval '30 days'`)

describe('silent managers', () => {
  it('are removed, while the others and the contact of the runner stay', async () => {
    const { id } = await test.stores.runners.create(sampleRunner())
    const silent = await seeManager(id, 's_silent', ago(8 * DAY))
    await seeManager(id, 's_quiet', ago(6 * DAY))
    await seeManager(id, 's_new', ago(9 * DAY))
    await test.stores.runners.recordContacts([
      { runnerId: id, managerId: silent.id, at: ago(8 * DAY), ipAddress: null },
    ])
    await age()
    await test.db.query(`update runner_managers set created_at = now() where system_id = 's_new'`)
    expect(await removeSilentManagers()).toBe(1)
    expect((await managers(id)).sort()).toEqual(['s_new', 's_quiet'])

    await age()
    await test.db.query(`update runner_managers set contacted_at = null`)
    expect(await removeSilentManagers()).toBe(2)
    expect(await managers(id)).toEqual([])
    expect((await test.stores.runners.find(id))?.contactedAt).not.toBeNull()
  })

  it('are removed in portions, and each only once by concurrent callers', async () => {
    const { id } = await test.stores.runners.create(sampleRunner())
    for (let number = 0; number < 12; number++) await seeManager(id, `s_${number}`, ago(8 * DAY))
    await age()
    expect(await removeSilentManagers(5)).toBe(5)
    const counts = await Promise.all([removeSilentManagers(), removeSilentManagers(), removeSilentManagers()])
    expect(counts.reduce((sum, count) => sum + count)).toBe(7)
    expect(await managers(id)).toEqual([])
  })

  it('stay while they have a job, which then keeps its runner and shows no manager', async () => {
    const project = await makeProject(test)
    const runner = await test.stores.runners.create(
      sampleRunner({ runnerType: 'project_type', projectIds: [project.id] }),
    )
    const manager = await seeManager(runner.id, 's_1', ago(8 * DAY))
    await age()
    await test.stores.jobs.create(samplePipeline(project.id))
    const claimed = await test.stores.jobs.claim({ ...sampleClaim(runner), managerId: manager.id })
    if (claimed.kind !== 'taken') throw new Error(claimed.kind)
    const { id } = claimed.taken.job
    expect(await removeSilentManagers()).toBe(0)
    expect(await test.stores.jobs.find(id)).toMatchObject({ runnerId: runner.id, managerId: manager.id })
    await arrange(test.db, `update jobs set status = 'success' where id = $1`, [id])
    expect(await removeSilentManagers()).toBe(1)
    expect(await test.stores.jobs.find(id)).toMatchObject({ runnerId: runner.id, managerId: null })
  })

  it('stay when they have contact at that moment', async () => {
    const { id } = await test.stores.runners.create(sampleRunner())
    const { id: managerId } = await seeManager(id, 's_1', ago(8 * DAY))
    await age()
    for (let round = 0; round < 20; round++) {
      await test.db.query('update runner_managers set contacted_at = $2 where id = $1', [managerId, ago(8 * DAY)])
      const [removed, seen] = await Promise.all([removeSilentManagers(), seeManager(id, 's_1', new Date())])
      // It exists afterwards in any case: either kept or created again.
      expect(await managers(id)).toEqual(['s_1'])
      if (removed === 0) expect(seen.systemId).toBe('s_1')
      await age()
    }
  })
})
