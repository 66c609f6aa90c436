import type { Admin } from '../support/admin.ts'
import type { Project } from '../support/api.ts'
import { expect, test } from '../support/fixtures.ts'

test.describe('which jobs a runner may take (docs/protocol/job-request.md 5)', () => {
  for (const [runnerTags, jobTags, fits] of [
    ['a,b', ['a'], true],
    ['a,b', ['a', 'b'], true],
    ['a', ['a', 'b'], false],
    ['A', ['a'], false],
    ['größe,🚂', ['🚂'], true],
  ] as const) {
    test(`a runner with the tags ${runnerTags} ${fits ? 'takes' : 'leaves'} a job with ${jobTags.join(',')}`, async ({
      register,
      createJob,
    }) => {
      const tagged = await register({ tagList: runnerTags })
      const id = await createJob({ tags: jobTags })
      expect((await tagged.tryTake())?.id ?? null).toBe(fits ? id : null)
    })
  }

  test('a job without tags is only for runners that take untagged jobs', async ({ register, createJob }) => {
    const id = await createJob()
    expect(await (await register({ tagList: 'a', runUntagged: false })).tryTake()).toBeNull()
    expect((await (await register({ tagList: 'a', runUntagged: true })).tryTake())?.id).toBe(id)
  })

  test('a protected runner takes jobs of protected refs only', async ({ register, createJob }) => {
    const guarded = await register({ accessLevel: 'ref_protected' })
    await createJob({}, { ref: 'feature' })
    expect(await guarded.tryTake()).toBeNull()
    const id = await createJob({}, { ref: 'main' })
    expect((await guarded.tryTake())?.id).toBe(id)
  })

  test('an unprotected runner takes both', async ({ runner, createJob }) => {
    const ids = [await createJob({}, { ref: 'feature' }), await createJob({}, { ref: 'main' })]
    expect([(await runner.take()).id, (await runner.take()).id]).toEqual(ids)
  })

  test('a project runner serves its project only', async ({ register, createJob, admin }) => {
    const elsewhere = await register()
    const other = await admin.mutate('projects.create', {
      path: `other-${elsewhere.id}`,
      instanceRunnersEnabled: false,
    })
    await createJob({}, { projectId: other.id })
    expect(await elsewhere.tryTake()).toBeNull()
    await admin.mutate('projects.remove', { id: other.id })
  })

  test('an instance runner serves projects with instance runners enabled', async ({
    register,
    gateway,
    createJob,
    admin,
    project,
  }) => {
    const instance = await register({ token: gateway.registrationToken, tagList: `only-${project.id}` })
    const id = await createJob({ tags: [`only-${project.id}`] })
    expect(await instance.tryTake()).toBeNull()
    await admin.mutate('projects.update', { id: project.id, instanceRunnersEnabled: true })
    expect((await instance.take()).id).toBe(id)
  })

  test('a group runner serves its group and the groups below', async ({ register, createJob, admin, project }) => {
    const root = `group-${project.id}`
    const inside = await admin.mutate('projects.create', {
      path: 'deep',
      groupPath: `${root}/below`,
      instanceRunnersEnabled: false,
    })
    const groups = await admin.query('groups.list')
    const token = groups.find(({ path }) => path === root)?.registrationToken ?? ''
    const grouped = await register({ token })
    await createJob()
    expect(await grouped.tryTake()).toBeNull()
    const id = await createJob({}, { projectId: inside.id })
    expect((await grouped.take()).id).toBe(id)
    await admin.mutate('projects.remove', { id: inside.id })
  })

  test('instance runners ignore a project with CI off', async ({
    register,
    gateway,
    createJob,
    admin,
    project,
    job,
  }) => {
    const tag = `off-${project.id}`
    const instance = await register({ token: gateway.registrationToken, tagList: tag })
    await admin.mutate('projects.update', { id: project.id, instanceRunnersEnabled: true, ciEnabled: false })
    const id = await createJob({ tags: [tag] })
    expect(await instance.tryTake()).toBeNull()
    expect((await job(id)).status).toBe('pending')
    await admin.mutate('projects.update', { id: project.id, ciEnabled: true })
    expect((await instance.take()).id).toBe(id)
  })

  for (const [jobAge, fits] of [
    [0, true],
    [-5, true],
    [3600, false],
    ['', true],
  ] as const) {
    test(`with job_age ${JSON.stringify(jobAge)} a new job is ${fits ? 'taken' : 'left'}`, async ({
      runner,
      createJob,
    }) => {
      await createJob()
      // "Strictly earlier than now": a moment has to pass.
      await expect.poll(async () => (await runner.request({ job_age: jobAge })).status).toBe(fits ? 201 : 204)
    })
  }

  test('a project runner takes the oldest first', async ({ runner, createJob }) => {
    const ids = [await createJob(), await createJob(), await createJob()]
    expect([(await runner.take()).id, (await runner.take()).id, (await runner.take()).id]).toEqual(ids)
  })
})

test.describe('fair order of instance runners (docs/protocol/job-request.md 5)', () => {
  async function threeProjects(admin: Admin, tag: string) {
    const made: Record<string, Project> = {}
    for (const name of ['a', 'b', 'c']) {
      made[name] = await admin.mutate('projects.create', { path: `fair-${tag}-${name}` })
    }
    return made
  }

  for (const [what, finishFirst, expected] of [
    ['projects take turns by their number of running jobs', false, ['A1', 'B1', 'C1', 'A2', 'B2', 'A3']],
    ['a project whose job is over counts as zero again', true, ['A1', 'A2', 'B1', 'C1', 'A3', 'B2']],
  ] as const) {
    test(what, async ({ admin, gateway, register, createJob, project }) => {
      const tag = `fair-${project.id}`
      const made = await threeProjects(admin, String(project.id))
      for (const name of ['A1', 'A2', 'A3', 'B1', 'B2', 'C1']) {
        const projectId = made[name.charAt(0).toLowerCase()]?.id
        await createJob({ tags: [tag] }, { name, ...(projectId !== undefined && { projectId }) })
      }
      const instance = await register({ token: gateway.registrationToken, tagList: tag })
      const order: string[] = []
      for (let taken = 0; taken < 6; taken++) {
        const job = await instance.take()
        order.push(job.payload.job_info.name)
        if (finishFirst && taken === 0) await job.finish('success')
      }
      expect(order).toEqual(expected)
      for (const { id } of Object.values(made)) await admin.mutate('projects.remove', { id })
    })
  }
})
