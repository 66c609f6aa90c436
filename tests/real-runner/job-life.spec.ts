import type { Admin } from '../support/admin.ts'
import type { Job, Page } from '../support/api.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

/** Somebody looks at the log, so that the runner reports every few seconds, and hears of a cancellation then. */
function watch(admin: Admin, id: number): () => Promise<void> {
  const stop = new AbortController()
  const watching = (async () => {
    for await (const _ of admin.watchTrace(id, { signal: stop.signal }));
  })().catch(() => undefined)
  return async () => {
    stop.abort()
    await watching
  }
}

const TALKATIVE = 'for second in $(seq 90); do echo "second $second"; sleep 1; done'

test('a job is canceled in the middle of its script: after_script runs where the runner can stop gracefully', async ({
  real,
  gateway,
  admin,
  project,
  createJob,
  over,
  job,
}) => {
  const id = await createJob({ script: ['echo started', TALKATIVE, 'echo never'], after_script: ['echo cleaned up'] })
  const leave = watch(admin, id)
  await serve(real, gateway.url, project)
  await expect.poll(async () => plain(await admin.log(id)), { timeout: 30_000 }).toContain('started')
  const { status: next } = await admin.mutate<Job>('jobs.cancel', { id })
  const { status, finishedAt, startedAt } = await over(id)
  await leave()
  expect(status).toBe('canceled')
  expect(Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')).toBeLessThan(85_000)
  const log = plain(await admin.log(id))
  expect(log).not.toMatch(/^never/m)
  // Runners from 16.10 on announce that they can; older ones are cut off.
  if (next === 'canceling') expect(log).toMatch(/^cleaned up/m)
  else expect(log).not.toMatch(/^cleaned up/m)

  // The runner is free for the next job.
  const after = await createJob()
  await over(after)
  expect((await job(after)).status).toBe('success')
})

test('a canceling job is forced to an end, and the runner gives it up', async ({
  real,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  const id = await createJob({ script: ['echo started', TALKATIVE], after_script: ['sleep 60'] })
  const leave = watch(admin, id)
  await serve(real, gateway.url, project, { concurrent: 1 })
  await expect.poll(async () => plain(await admin.log(id)), { timeout: 30_000 }).toContain('started')
  await admin.mutate('jobs.cancel', { id, force: true })
  const next = await createJob()
  expect((await over(next)).status).toBe('success')
  await leave()
})

test('a job fails twice and succeeds at the third attempt', async ({
  real,
  gateway,
  admin,
  project,
  createJob,
  over,
}) => {
  const directory = '$CI_BUILDS_DIR/attempts-of-$CI_PIPELINE_ID'
  const first = await createJob({
    script: [
      `mkdir -p "${directory}" && mktemp -p "${directory}" > /dev/null`,
      `test $(ls "${directory}" | wc -l) -ge 3`,
    ],
    retry: 2,
  })
  await serve(real, gateway.url, project)
  await over(first)
  const attempts = async () => (await admin.query<Page<Job>>('jobs.list', { projectId: project.id })).items
  await expect
    .poll(async () => (await attempts()).map(({ status }) => status), { timeout: 60_000 })
    .toEqual(['success', 'failed', 'failed'])
  const [third, second] = await attempts()
  expect([second?.retryOf, third?.retryOf]).toEqual([first, second?.id])
})

test('a small pipeline runs in order', async ({ real, gateway, admin, project, over, job }) => {
  const { ids } = await admin.mutate<{ ids: number[] }>('jobs.createMany', {
    projectId: project.id,
    jobs: [
      {
        name: 'build',
        stage: 'build',
        definition: { script: ['echo built > built.txt'], artifacts: { paths: ['built.txt'] } },
      },
      { name: 'test', stage: 'test', definition: { script: ['cat built.txt'] } },
      { name: 'broken', stage: 'test', definition: { script: ['false'] } },
      { name: 'deploy', stage: 'deploy', definition: { script: ['true'] } },
      { name: 'rescue', stage: 'deploy', definition: { script: ['echo rescued'], when: 'on_failure' } },
    ],
  })
  await serve(real, gateway.url, project)
  const [build = 0, unit = 0, broken = 0, deploy = 0, rescue = 0] = ids
  expect((await over(rescue)).status).toBe('success')
  expect(plain(await admin.log(unit))).toMatch(/^built/m)
  for (const [id, status] of [
    [build, 'success'],
    [unit, 'success'],
    [broken, 'failed'],
    [deploy, 'skipped'],
  ] as const) {
    expect((await job(id)).status).toBe(status)
  }
})
