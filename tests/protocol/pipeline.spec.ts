import { AdminError } from '../support/admin.ts'
import { test as base, expect } from '../support/fixtures.ts'
import type { TakenJob } from '../support/taken-job.ts'

type Outline = Readonly<Record<string, { readonly stage?: string } & Readonly<Record<string, unknown>>>>

interface Fixtures {
  /** Creates jobs together by name and keywords; resolves with their ids by name. */
  createJobs: (jobs: Outline) => Promise<Record<string, number>>
  /** Returns statuses by name. */
  statuses: (ids: Record<string, number>) => Promise<Record<string, string>>
  /** Takes the next job, which must have this name. */
  take: (name: string) => Promise<TakenJob>
  /** Takes a job and reports success. */
  succeed: (name: string) => Promise<void>
}

const test = base.extend<Fixtures>({
  createJobs: async ({ admin, project }, use) => {
    await use(async (outline) => {
      const jobs = Object.entries(outline).map(([name, { stage, ...keywords }]) => ({
        name,
        ...(stage && { stage }),
        definition: { script: ['true'], ...keywords },
      }))
      const { ids } = await admin.mutate('jobs.createMany', { projectId: project.id, jobs })
      return Object.fromEntries(jobs.map(({ name }, index) => [name, ids[index] ?? 0]))
    })
  },
  statuses: async ({ job }, use) => {
    await use(async (ids) =>
      Object.fromEntries(
        await Promise.all(Object.entries(ids).map(async ([name, id]) => [name, (await job(id)).status])),
      ),
    )
  },
  take: async ({ runner }, use) => {
    await use(async (name) => {
      let taken: TakenJob | null = null
      await expect
        .poll(async () => {
          taken ??= await runner.tryTake()
          return taken?.payload.job_info.name
        })
        .toBe(name)
      if (!taken) throw new Error('nothing was taken')
      return taken
    })
  },
  succeed: async ({ take }, use) => {
    await use(async (name) => {
      await (await take(name)).finish('success')
    })
  },
})

test('stages run one after the other, in the order in which they are first named', async ({
  createJobs,
  statuses,
  succeed,
  runner,
}) => {
  const ids = await createJobs({
    compile: { stage: 'build' },
    unit: { stage: 'test' },
    lint: { stage: 'build' },
    ship: { stage: 'deploy' },
  })
  expect(await statuses(ids)).toEqual({ compile: 'pending', lint: 'pending', unit: 'created', ship: 'created' })
  await succeed('compile')
  await succeed('lint')
  await succeed('unit')
  await succeed('ship')
  expect((await runner.request()).status).toBe(204)
  expect(new Set(Object.values(await statuses(ids)))).toEqual(new Set(['success']))
})

test('a job with needs waits only for those', async ({ createJobs, statuses, succeed }) => {
  const ids = await createJobs({
    a: { stage: 'build' },
    b: { stage: 'build' },
    afterA: { stage: 'test', needs: ['a'] },
    free: { stage: 'test', needs: [] },
  })
  expect(await statuses(ids)).toMatchObject({ free: 'pending', afterA: 'created' })
  await succeed('a')
  await expect.poll(() => statuses(ids)).toMatchObject({ afterA: 'pending', b: 'pending' })
})

test('artifacts come from the jobs that a job waits for, unless it says otherwise', async ({
  createJobs,
  take,
  succeed,
}) => {
  const ids = await createJobs({
    a: { stage: 'build' },
    b: { stage: 'build' },
    all: { stage: 'test' },
    none: { stage: 'test', dependencies: [] },
    one: { stage: 'test', dependencies: ['b'] },
    needing: { stage: 'test', needs: ['a', { job: 'b', artifacts: false }] },
  })
  await succeed('a')
  await succeed('b')
  for (const [name, expected] of [
    ['all', ['a', 'b']],
    ['none', []],
    ['one', ['b']],
    ['needing', ['a']],
  ] as const) {
    const taken = await take(name)
    expect(taken.payload.dependencies.map(({ id }) => id)).toEqual(expected.map((other) => ids[other]))
    await taken.finish('success')
  }
})

test('after a failure jobs are skipped, except those with on_failure and always', async ({
  createJobs,
  statuses,
  take,
  succeed,
}) => {
  const ids = await createJobs({
    build: { stage: 'build' },
    deploy: { stage: 'deploy' },
    rescue: { stage: 'deploy', when: 'on_failure' },
    clean: { stage: 'clean', when: 'always' },
  })
  await (await take('build')).finish('failed', { exitCode: 1 })
  await succeed('rescue')
  await succeed('clean')
  await expect
    .poll(() => statuses(ids))
    .toEqual({ build: 'failed', deploy: 'skipped', rescue: 'success', clean: 'success' })
})

test('an allowed failure does not count, and an on_failure job is then skipped', async ({
  createJobs,
  statuses,
  take,
}) => {
  const ids = await createJobs({
    flaky: { stage: 'build', allow_failure: true },
    deploy: { stage: 'deploy' },
    rescue: { stage: 'deploy', when: 'on_failure' },
  })
  await (await take('flaky')).finish('failed', { exitCode: 1 })
  await expect.poll(() => statuses(ids)).toEqual({ flaky: 'failed', deploy: 'pending', rescue: 'skipped' })
})

test('waiting jobs are not decided while a failed job may be retried', async ({
  createJobs,
  statuses,
  take,
  succeed,
}) => {
  const ids = await createJobs({ build: { stage: 'build', retry: 1 }, deploy: { stage: 'deploy' } })
  await (await take('build')).finish('failed', { exitCode: 1 })
  await succeed('build')
  const deploy = await take('deploy')
  expect(deploy.id).toBe(ids.deploy)
  // The artifacts are those of the attempt that succeeded.
  expect(deploy.payload.dependencies.map(({ id }) => id)).not.toContain(ids.build)
  expect(await statuses(ids)).toEqual({ build: 'failed', deploy: 'running' })
})

test('a manual retry gives skipped jobs another chance', async ({ createJobs, statuses, take, succeed, admin }) => {
  const ids = await createJobs({ build: { stage: 'build' }, test: { stage: 'test' }, deploy: { stage: 'deploy' } })
  await (await take('build')).finish('failed', { exitCode: 1 })
  await expect.poll(() => statuses(ids)).toEqual({ build: 'failed', test: 'skipped', deploy: 'skipped' })
  await admin.mutate('jobs.retry', { id: ids.build })
  await succeed('build')
  await succeed('test')
  await succeed('deploy')
})

test('a manual job holds up no later stage, unless it must not fail', async ({
  createJobs,
  statuses,
  succeed,
  admin,
}) => {
  const ids = await createJobs({
    build: { stage: 'build' },
    optional: { stage: 'gate', when: 'manual' },
    deploy: { stage: 'deploy' },
  })
  await succeed('build')
  await expect.poll(() => statuses(ids)).toMatchObject({ optional: 'manual', deploy: 'pending' })
  await succeed('deploy')

  const gated = await createJobs({
    gate: { stage: 'gate', when: 'manual', allow_failure: false },
    deploy: { stage: 'deploy' },
  })
  expect(await statuses(gated)).toEqual({ gate: 'manual', deploy: 'created' })
  await admin.mutate('jobs.play', { id: gated.gate })
  await succeed('gate')
  await succeed('deploy')
})

test('a job that needs a manual one is skipped until that is played', async ({
  createJobs,
  statuses,
  succeed,
  admin,
  runner,
}) => {
  const ids = await createJobs({
    build: { stage: 'build' },
    approve: { stage: 'test', when: 'manual' },
    ship: { stage: 'deploy', needs: ['build', 'approve'] },
    later: { stage: 'deploy', needs: ['approve'], when: 'delayed', start_in: '1 day' },
    rescue: { stage: 'deploy', needs: ['approve'], when: 'on_failure' },
    note: { stage: 'deploy', needs: ['approve'], when: 'always' },
    tidy: { stage: 'clean' },
  })
  await succeed('build')
  const waiting = { approve: 'manual', ship: 'skipped', later: 'skipped', rescue: 'skipped' }
  await expect.poll(() => statuses(ids)).toMatchObject({ ...waiting, note: 'pending' })
  await succeed('note')
  await expect.poll(() => statuses(ids)).toMatchObject({ ...waiting, tidy: 'pending' })
  await succeed('tidy')
  expect((await runner.request()).status).toBe(204)
  await admin.mutate('jobs.play', { id: ids.approve })
  expect(await statuses(ids)).toMatchObject({ ship: 'created', later: 'created', rescue: 'created' })
  await succeed('approve')
  await succeed('ship')
  await expect.poll(() => statuses(ids)).toMatchObject({ ship: 'success', later: 'scheduled', rescue: 'skipped' })
})

test('a canceled job that may fail counts as passed with a warning', async ({ createJobs, statuses, admin }) => {
  const ids = await createJobs({
    flaky: { stage: 'build', allow_failure: true },
    deploy: { stage: 'deploy' },
    needing: { stage: 'deploy', needs: ['flaky'] },
    rescue: { stage: 'deploy', when: 'on_failure' },
  })
  await admin.mutate('jobs.cancel', { id: ids.flaky })
  await expect
    .poll(() => statuses(ids))
    .toEqual({ flaky: 'canceled', deploy: 'pending', needing: 'pending', rescue: 'skipped' })
})

test('an on_failure job that needs a failed and a skipped job is skipped; by stage it runs', async ({
  createJobs,
  statuses,
  take,
}) => {
  const ids = await createJobs({
    build: { stage: 'build' },
    test: { stage: 'test' },
    rescue: { stage: 'deploy', when: 'on_failure', needs: ['build', 'test'] },
    byStage: { stage: 'deploy', when: 'on_failure' },
  })
  await (await take('build')).finish('failed', { exitCode: 1 })
  await expect
    .poll(() => statuses(ids))
    .toEqual({ build: 'failed', test: 'skipped', rescue: 'skipped', byStage: 'pending' })
})

test('a canceled job starts none of the jobs that waited for it, not even with always', async ({
  createJobs,
  statuses,
  admin,
}) => {
  const ids = await createJobs({
    build: { stage: 'build' },
    deploy: { stage: 'deploy' },
    clean: { stage: 'clean', when: 'always' },
    tidy: { stage: 'clean', when: 'always', needs: ['build'] },
  })
  await admin.mutate('jobs.cancel', { id: ids.build })
  await expect
    .poll(() => statuses(ids))
    .toEqual({ build: 'canceled', deploy: 'skipped', clean: 'skipped', tidy: 'skipped' })
})

test('jobs of a resource group run one at a time, whatever pipeline they are in', async ({
  createJobs,
  createJob,
  statuses,
  take,
  runner,
  job,
}) => {
  const ids = await createJobs({ first: { resource_group: 'production' }, other: {} })
  const second = await createJob({ resource_group: 'production' }, { name: 'second' })
  expect((await job(second)).status).toBe('waiting_for_resource')
  const first = await take('first')
  const other = await take('other')
  expect((await runner.request()).status).toBe(204)
  await other.finish('success')
  expect((await job(second)).status).toBe('waiting_for_resource')
  await first.finish('failed', { exitCode: 1 })
  await (await take('second')).finish('success')
  expect(await statuses(ids)).toEqual({ first: 'failed', other: 'success' })
})

for (const [what, jobs, field] of [
  ['an unknown need', [{ name: 'a', definition: { script: 'x', needs: ['b'] } }], 'jobs.0.definition.needs'],
  ['a job that needs itself', [{ name: 'a', definition: { script: 'x', needs: ['a'] } }], 'jobs.0.definition.needs'],
  [
    'a circle',
    [
      { name: 'a', definition: { script: 'x', needs: ['b'] } },
      { name: 'b', definition: { script: 'x', needs: ['a'] } },
    ],
    'jobs.0.definition.needs',
  ],
  [
    'the same name twice',
    [
      { name: 'a', definition: { script: 'x' } },
      { name: 'a', definition: { script: 'x' } },
    ],
    'jobs.1.name',
  ],
  [
    'artifacts of a job it does not wait for',
    [
      { name: 'a', definition: { script: 'x' } },
      { name: 'b', definition: { script: 'x', dependencies: ['a'] } },
    ],
    'jobs.1.definition.dependencies',
  ],
  ['an unknown keyword', [{ name: 'a', definition: { script: 'x', rules: [] } }], 'jobs.0.definition'],
] as const) {
  test(`refuses ${what}, and creates nothing`, async ({ admin, project }) => {
    const error = await admin.mutate('jobs.createMany', { projectId: project.id, jobs }).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(AdminError)
    expect(error).toMatchObject({ code: 'BAD_REQUEST' })
    expect(String(error)).toContain(field)
    expect(await admin.query('jobs.list', { projectId: project.id })).toMatchObject({ items: [] })
  })
}
