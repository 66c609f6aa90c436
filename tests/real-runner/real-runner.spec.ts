import type { Job } from '../support/api.ts'
import { temporaryDirectory } from '../support/gateway.ts'
import { notNull } from '../support/not-null.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

test('register with a registration token, verify, unregister', async ({ real, gateway, admin, project }) => {
  const registered = await real.register(gateway.url, notNull(project.registrationToken), { tagList: 'b,a' })
  expect(registered.code, registered.output).toBe(0)
  const list = async () =>
    (await admin.query('runners.list', { type: 'project_type' })).items.filter(({ projectIds }) =>
      projectIds.includes(project.id),
    )
  expect(await list()).toEqual([
    expect.objectContaining({ description: 'real runner', tagList: ['b', 'a'], runUntagged: false, paused: false }),
  ])
  expect((await real.verify()).code).toBe(0)
  const gone = await real.unregister()
  expect(gone.code, gone.output).toBe(0)
  expect(await list()).toEqual([])
})

test('a wrong registration token is reported as such', async ({ real, gateway }) => {
  const refused = await real.register(gateway.url, 'GR1348941wrong')
  expect(refused.code).not.toBe(0)
  expect(refused.output).toMatch(/forbidden|check registration token/i)
})

test('a registration token of a kind that may not register is reported as wrong', async ({
  real,
  gateway,
  admin,
  project,
}) => {
  await admin.mutate('settings.update', { projectRegistration: false })
  const refused = await real.register(gateway.url, notNull(project.registrationToken))
  await admin.mutate('settings.update', { projectRegistration: true })
  expect(refused.code).not.toBe(0)
  expect(refused.output).toMatch(/forbidden|check registration token/i)
})

test('register with a token created in advance, verify, unregister: since 16.0 the runner stays without its manager', async ({
  real,
  since,
  gateway,
  admin,
  project,
}) => {
  const { id, token } = await admin.mutate('runners.create', {
    runnerType: 'project_type',
    projectId: project.id,
  })
  const get = () => admin.query('runners.get', { id })
  const registered = await real.register(gateway.url, token, { created: true })
  expect(registered.code, registered.output).toBe(0)
  expect((await get()).managers).toHaveLength(1)
  expect((await real.verify()).code).toBe(0)
  const gone = await real.unregister()
  expect(gone.code, gone.output).toBe(0)
  if (since('16.0')) {
    expect((await get()).managers).toEqual([])
    await admin.mutate('runners.remove', { id })
  } else {
    // Older releases can only remove the runner itself.
    await expect(get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('ten different jobs', async ({ real, gateway, admin, project, createJob, over }) => {
  const jobs = {
    success: await createJob({ script: ['echo "hello from $CI_JOB_NAME"'] }, { name: 'success' }),
    failure: await createJob({ script: ['exit 42'] }, { name: 'failure' }),
    allowed: await createJob({ script: ['exit 7'], allow_failure: { exit_codes: [7] } }, { name: 'allowed' }),
    unicode: await createJob({ script: ['echo "Grüße 世界 🚂"'] }, { name: 'unicode' }),
    colours: await createJob({ script: [`printf '\\033[31mred\\033[0m\\n'`] }, { name: 'colours' }),
    masked: await createJob(
      { script: ['echo "it is $SECRET!"'] },
      { name: 'masked', variables: [{ key: 'SECRET', value: 'correct-horse-battery', masked: true }] },
    ),
    file: await createJob(
      { script: ['test -f "$CONFIG"', 'cat "$CONFIG"'] },
      { name: 'file', variables: [{ key: 'CONFIG', value: 'first line\nsecond line\n', file: true }] },
    ),
    scripts: await createJob(
      { before_script: ['echo before'], script: ['echo script'], after_script: ['echo "after $CI_JOB_STATUS"'] },
      { name: 'scripts' },
    ),
    afterFailure: await createJob(
      { script: ['false'], after_script: ['echo "after $CI_JOB_STATUS"'] },
      { name: 'afterFailure' },
    ),
    token: await createJob({ script: ['echo "token $CI_JOB_TOKEN"'] }, { name: 'token' }),
  }
  await serve(real, gateway.url, project)
  const ended = Object.fromEntries(
    await Promise.all(Object.entries(jobs).map(async ([name, id]) => [name, await over(id)] as const)),
  ) as Record<keyof typeof jobs, Job>
  const log = async (name: keyof typeof jobs) => plain(await admin.log(jobs[name]))

  expect(ended.success).toMatchObject({ status: 'success', failureReason: null })
  expect(await log('success')).toContain('hello from success')
  expect(await log('success')).toContain('Job succeeded')
  expect(ended.failure).toMatchObject({ status: 'failed', failureReason: 'script_failure', exitCode: 42 })
  expect(ended.allowed).toMatchObject({ status: 'failed', exitCode: 7, allowFailure: true })
  expect(await log('unicode')).toContain('Grüße 世界 🚂')
  expect((await admin.log(jobs.colours)).toString()).toContain('\u001b[31mred\u001b[0m')
  expect(await log('masked')).toContain('it is [MASKED]!')
  expect(await log('masked')).not.toContain('correct-horse-battery')
  expect(await log('file')).toContain('first line\nsecond line')
  expect(await log('scripts')).toMatch(/before[\s\S]*script[\s\S]*after success/)
  expect(ended.afterFailure).toMatchObject({ status: 'failed', exitCode: 1 })
  expect(await log('afterFailure')).toContain('after failed')
  expect(await log('token')).toContain('token [MASKED]')
  // The log is stored as sent: the runner's checksum and size confirm it.
  for (const job of Object.values(ended)) expect(job).toMatchObject({ traceInvalid: false, traceCorrupted: false })
})

test('sections are marked', async ({ real, gateway, admin, project, createJob, over }) => {
  const id = await createJob()
  await serve(real, gateway.url, project)
  await over(id)
  const log = (await admin.log(id)).toString()
  expect(log).toMatch(/section_start:\d+:step_script/)
  expect(log).toMatch(/section_end:\d+:step_script/)
})

const FIVE_MIB = `head -c 5242880 /dev/zero | tr '\\0' x | fold -w 127`

test('5 MiB of output with the runner’s limit raised', async ({ real, gateway, admin, project, createJob, over }) => {
  const id = await createJob({ script: [FIVE_MIB] })
  await serve(real, gateway.url, project, { outputLimitKib: 16_384 })
  const { status, traceSize, traceInvalid } = await over(id)
  expect([status, traceInvalid]).toEqual(['success', false])
  expect(traceSize).toBeGreaterThan(5_242_880)
  const log = await admin.log(id)
  expect(log.length).toBe(traceSize)
  expect(log.filter((byte) => byte === 0x78).length).toBeGreaterThanOrEqual(5_242_880)
})

test('5 MiB of output cut by the runner’s own limit: the job continues and succeeds', async ({
  real,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  const id = await createJob({ script: [FIVE_MIB] })
  await serve(real, gateway.url, project)
  const { status, traceInvalid } = await over(id)
  expect([status, traceInvalid]).toEqual(['success', false])
  const log = await admin.log(id)
  expect(log.length).toBeLessThan(4.2 * 1_048_576)
  expect(plain(log)).toContain('log exceeded limit of 4194304 bytes')
})

test('two runners at once share the jobs', async ({ real, anotherReal, gateway, project, createJob, over, admin }) => {
  const marks = await temporaryDirectory()
  // The first jobs last until both runners have one.
  const script = [
    `touch "${marks.path}/$CI_RUNNER_ID"`,
    `until test "$(ls "${marks.path}" | wc -l)" -ge 2; do sleep 0.2; done`,
  ]
  const ids: number[] = []
  for (let made = 0; made < 10; made++) ids.push(await createJob({ script }))
  const second = await anotherReal()
  await Promise.all([
    serve(real, gateway.url, project, { concurrent: 1 }),
    serve(second, gateway.url, project, { concurrent: 1 }),
  ])
  const runners = new Set<number | null>()
  for (const id of ids) {
    const { status, runnerId } = await over(id)
    expect(status).toBe('success')
    runners.add(runnerId)
  }
  expect(runners.size).toBe(2)
  for (const id of ids) expect(plain(await admin.log(id)).match(/Job succeeded/g)).toHaveLength(1)
  await marks.dispose()
})

test('a job’s own time limit is enforced by the runner', async ({ real, gateway, project, createJob, over }) => {
  const id = await createJob({ script: ['sleep 60'], timeout: '3 seconds' })
  await serve(real, gateway.url, project)
  expect(await over(id)).toMatchObject({ status: 'failed', failureReason: 'job_execution_timeout' })
})
