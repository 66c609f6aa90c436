import { expect, plain, serve, test } from '../support/real-fixtures.ts'

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
  const attempts = async () => (await admin.query('jobs.list', { projectId: project.id })).items
  await expect
    .poll(async () => (await attempts()).map(({ status }) => status), { timeout: 60_000 })
    .toEqual(['success', 'failed', 'failed'])
  const [third, second] = await attempts()
  expect([second?.retryOf, third?.retryOf]).toEqual([first, second?.id])
})

test('a small pipeline runs in order', async ({ real, gateway, admin, project, over, job }) => {
  const { ids } = await admin.mutate('jobs.createMany', {
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
