import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from '../support/fixtures.ts'
import { notNull } from '../support/not-null.ts'

test.describe('jobs.create', () => {
  for (const [what, job, named] of [
    ['no name', { name: '' }, /name/],
    ['a ref with a space', { ref: 'a b' }, /ref/],
    ['a sha that is too short', { sha: 'abc' }, /sha/],
    ['an unknown project', { projectId: 2_147_483_000 }, /project/i],
    ['a variable without a key', { variables: [{ key: '', value: 'x' }] }, /variables/],
    ['an unknown input', { surprise: 1 }, /surprise/],
  ] as const) {
    test(`${what} is refused with the field named`, async ({ admin, project }) => {
      const asked = { projectId: project.id, name: 'x', definition: { script: ['x'] }, ...job }
      await expect(admin.mutate('jobs.create', asked)).rejects.toMatchObject({ code: /BAD_REQUEST|NOT_FOUND/ })
      await expect(admin.mutate('jobs.create', asked)).rejects.toThrow(named)
    })
  }

  for (const [what, definition, named] of [
    ['no script', { script: undefined }, /script/],
    ['a script that is a number', { script: 5 }, /script/],
    ['a keyword that is not supported', { id_tokens: {} }, /id_tokens/],
    ['a keyword that does not exist', { scripts: ['x'] }, /scripts/],
    ['a timeout of zero', { timeout: '0' }, /timeout/],
    ['a timeout that is not a duration', { timeout: 'soon' }, /timeout/],
    ['a tag that is a number', { tags: [5] }, /tags/],
    ['an unknown when', { when: 'never-ever' }, /when/],
    ['a retry of 7', { retry: 7 }, /retry/],
    ['an image without a name', { image: {} }, /image/],
    ['an unknown dependency', { dependencies: [2_147_483_000] }, /dependencies/],
  ] as const) {
    test(`a definition with ${what} is refused by name`, async ({ createJob }) => {
      await expect(createJob(definition)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      await expect(createJob(definition)).rejects.toThrow(named)
    })
  }

  test('without a project the job belongs to the project "default"', async ({ admin, job, register, gateway }) => {
    const tag = `default-${process.pid}`
    const { id } = await admin.mutate('jobs.create', {
      name: 'x',
      definition: { script: ['x'], tags: [tag] },
    })
    const { projectId } = await job(id)
    expect((await admin.query('projects.get', { id: projectId })).path).toBe('default')
    const runner = await register({ token: gateway.registrationToken, tagList: tag })
    expect((await runner.take()).id).toBe(id)
  })

  test('the job has the shape of the documentation, with defaults', async ({ createJob, job, project }) => {
    const stored = await job(await createJob({ tags: ['b', 'a', 'b'] }))
    expect(stored).toMatchObject({
      name: 'sample',
      stage: 'test',
      status: 'pending',
      projectId: project.id,
      ref: 'main',
      tag: false,
      sha: null,
      protected: true,
      tags: ['b', 'a'],
      runnerId: null,
      failureReason: null,
      exitCode: null,
      allowFailure: false,
      traceSize: 0,
      artifacts: [],
    })
    expect(stored.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })
})

test.describe('jobs.list and jobs.get', () => {
  test('newest first, page by page, with filters', async ({ createJob, admin, project, runner }) => {
    const ids = [await createJob({}, { name: 'Alpha one' }), await createJob(), await createJob()]
    const list = (input: object) => admin.query('jobs.list', { projectId: project.id, ...input })
    const first = await list({ limit: 2 })
    expect(first.items.map(({ id }) => id)).toEqual([ids[2], ids[1]])
    const second = await list({ limit: 2, cursor: first.nextCursor })
    expect(second.items.map(({ id }) => id)).toEqual([ids[0]])
    expect(second.nextCursor).toBeNull()
    expect((await list({ search: 'alpha' })).items.map(({ id }) => id)).toEqual([ids[0]])
    await runner.take()
    expect((await list({ status: 'running' })).items.map(({ id }) => id)).toEqual([ids[0]])
    expect((await list({ runnerId: runner.id })).items.map(({ id }) => id)).toEqual([ids[0]])
    await expect(list({ limit: 101 })).rejects.toThrow(/limit/)
    await expect(list({ status: 'sleeping' })).rejects.toThrow(/status/)
  })

  test('an unknown job is NOT_FOUND', async ({ admin }) => {
    await expect(admin.query('jobs.get', { id: 2_147_483_000 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin.query('jobs.explain', { id: 2_147_483_000 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin.query('jobs.get', { id: 'x' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

test('jobs are listed by pipeline and name, and a job that is not queued yet names the jobs it waits for', async ({
  admin,
  project,
  createJob,
  runner,
}) => {
  await createJob({}, { name: 'second' })
  await (await runner.take()).finish('success')
  const job = (name: string, more = {}) => ({ name, stage: name, definition: { script: ['true'], ...more } })
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: [job('first'), job('second')],
  })
  const [first = 0, second = 0] = ids
  const { pipelineId } = await admin.query('jobs.get', { id: first })
  const listed = async (filter: object) => (await admin.query('jobs.list', filter)).items.map(({ id }) => id)
  expect(await listed({ pipelineId })).toEqual([second, first])
  expect(await listed({ pipelineId, name: 'second' })).toEqual([second])
  expect(await listed({ pipelineId, name: 'sec' })).toEqual([])
  const waitsFor = async () => (await admin.query('jobs.explain', { id: second })).waitsFor
  expect(await waitsFor()).toMatchObject([{ id: first, name: 'first', status: 'pending' }])
  await (await runner.take()).finish('failed', { exitCode: 1 })
  const retried = await admin.mutate('jobs.retry', { id: first })
  expect(await waitsFor()).toMatchObject([{ id: retried.id, name: 'first', status: 'pending' }])
})

test('jobs.explain names the rule that excludes each runner', async ({ register, createJob, admin }) => {
  const fitting = await register({ tagList: 'wanted' })
  const untagged = await register()
  const paused = await register({ tagList: 'wanted', paused: true })
  const silent = await register({ tagList: 'wanted' })
  const guarded = await register({ tagList: 'wanted', accessLevel: 'ref_protected' })
  for (const runner of [fitting, untagged, paused, guarded]) await runner.request()
  const id = await createJob({ tags: ['wanted'] }, { ref: 'feature' })
  const { runners, status } = await admin.query('jobs.explain', { id })
  expect(status).toBe('pending')
  const rules = Object.fromEntries(runners.map(({ runnerId, rule }) => [runnerId, rule]))
  expect(rules).toMatchObject({
    [fitting.id]: null,
    [untagged.id]: 'tags',
    [paused.id]: 'paused',
    [silent.id]: 'never_contacted',
    [guarded.id]: 'protection',
  })
  expect(runners.findIndex(({ fits }) => !fits)).toBe(runners.filter(({ fits }) => fits).length)
  const place = (runner: FakeRunner) => runners.findIndex(({ runnerId }) => runnerId === runner.id)
  expect(place(paused)).toBeLessThan(place(untagged))
  const found = runners.find(({ runnerId }) => runnerId === fitting.id)
  expect(found).toMatchObject({ fits: true, runningJobs: 0 })
  for (const { detail } of runners) expect(detail).toMatch(/^[A-Z].*\.$/)
})

test.describe('runners', () => {
  test('created, verified, changed, rotated, removed', async ({ admin, gateway, project }) => {
    const made = await admin.mutate('runners.create', {
      runnerType: 'project_type',
      projectId: project.id,
      description: 'made here',
      tagList: ['x'],
    })
    expect(made.token).toMatch(/^glrt-/)
    const get = () => admin.query('runners.get', { id: made.id })
    expect(await get()).toMatchObject({ status: 'never_contacted', creationState: 'started', projectIds: [project.id] })

    const runner = await FakeRunner.withToken(gateway.url, made.token)
    expect(runner.id).toBe(made.id)
    await runner.request()
    expect(await get()).toMatchObject({
      status: 'online',
      creationState: 'finished',
      version: '18.5.0',
      executor: 'shell',
    })

    const changed = await admin.mutate('runners.update', {
      id: made.id,
      description: 'changed',
      paused: true,
      maximumTimeout: 600,
    })
    expect(changed).toMatchObject({ description: 'changed', paused: true, maximumTimeout: 600, tagList: ['x'] })
    await expect(admin.mutate('runners.update', { id: made.id, maximumTimeout: 599 })).rejects.toThrow(/maximumTimeout/)

    const { token } = await admin.mutate('runners.rotateToken', { id: made.id })
    expect((await runner.request()).status).toBe(403)
    runner.token = token
    expect((await runner.request()).status).toBe(204)

    // A runner created in advance unregisters only its manager.
    expect((await runner.unregister()).status).toBe(204)
    expect((await get()).managers).toEqual([])
    await admin.mutate('runners.remove', { id: made.id })
    await expect(get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await runner.request()).status).toBe(403)
  })

  test('listed with filters', async ({ register, admin }) => {
    const tag = `listed-${process.pid}-${Date.now()}`
    const one = await register({ tagList: tag, description: 'Findable One' })
    const two = await register({ tagList: tag, paused: true })
    const list = async (input: object) =>
      (await admin.query('runners.list', { tag, ...input })).items.map(({ id }) => id)
    expect(await list({})).toEqual([two.id, one.id])
    expect(await list({ paused: true })).toEqual([two.id])
    expect(await list({ search: 'findable' })).toEqual([one.id])
    expect(await list({ status: 'never_contacted' })).toEqual([two.id, one.id])
    expect(await list({ type: 'instance_type' })).toEqual([])
  })

  test('a locked runner is not assigned to another project', async ({ register, admin, project }) => {
    const other = await admin.mutate('projects.create', { path: `assign-${project.id}` })
    const locked = await register({ locked: true })
    const open = await register({ locked: false })
    const assign = (id: number) => admin.mutate('runners.assignProject', { id, projectId: other.id })
    await expect(assign(locked.id)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await assign(open.id)).projectIds.toSorted((a, b) => a - b)).toEqual([project.id, other.id])
    await admin.mutate('projects.remove', { id: other.id })
  })
})

test.describe('projects', () => {
  test('created in a group, changed, listed; a masked value never comes back', async ({ admin, project }) => {
    const path = `group-${project.id}/inner/thing`
    const made = await admin.mutate('projects.create', {
      path: 'thing',
      groupPath: `group-${project.id}/inner`,
      variables: [
        { key: 'OPEN', value: 'seen' },
        { key: 'HIDDEN', value: 'secret-value', masked: true },
      ],
    })
    expect(made).toMatchObject({
      path,
      defaultBranch: 'main',
      protectedRefs: ['main'],
      timeout: 3600,
      instanceRunnersEnabled: true,
      groupRunnersEnabled: true,
      ciEnabled: true,
      autoCancelPending: true,
      publicBadges: false,
    })
    expect(made.registrationToken).toMatch(/^GR1348941/)
    const get = () => admin.query('projects.get', { id: made.id })
    expect(JSON.stringify(await get())).not.toContain('secret-value')
    await admin.mutate('projects.update', { id: made.id, timeout: 99 })
    expect((await get()).timeout).toBe(99)
    await expect(admin.mutate('projects.create', { path })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(admin.mutate('projects.create', { path: 'a b' })).rejects.toThrow(/path/)
    const { items } = await admin.query('projects.list', { search: path })
    expect(items.map(({ id }) => id)).toEqual([made.id])
    await admin.mutate('projects.remove', { id: made.id })
    await expect(get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('the project "default" can’t be removed', async ({ admin }) => {
    const { items } = await admin.query('projects.list', { search: 'default' })
    const id = items.find(({ path }) => path === 'default')?.id
    await expect(admin.mutate('projects.remove', { id })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('a rotated registration token replaces the old one; its runners stay', async ({
    admin,
    gateway,
    project,
    runner,
  }) => {
    const { token } = await admin.mutate('projects.rotateRegistrationToken', { id: project.id })
    await expect(FakeRunner.register(gateway.url, notNull(project.registrationToken))).rejects.toThrow(/403/)
    const late = await FakeRunner.register(gateway.url, token)
    expect((await late.unregister()).status).toBe(204)
    expect((await runner.request()).status).toBe(204)
  })
})

test('settings are shown, changed and refused', async ({ admin, gateway }) => {
  const before = await admin.query('settings.get')
  expect(before).toMatchObject({
    registrationToken: gateway.registrationToken,
    maintenance: false,
    fairScheduling: true,
    supplyGitlabCi: true,
    archiveAfter: null,
  })
  expect(await admin.mutate('settings.update', { archiveAfter: 86_400 })).toMatchObject({ archiveAfter: 86_400 })
  expect(await admin.mutate('settings.update', { archiveAfter: null })).toEqual(before)
  await expect(admin.mutate('settings.update', { maintenance: 'yes' })).rejects.toThrow(/maintenance/)
})
