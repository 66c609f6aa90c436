import { AdminError } from '../support/admin.ts'
import type { Job } from '../support/api.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { zipOf } from '../support/zip.ts'

const GONE = { message: '403 Forbidden - Project has been deleted!' }

const refusal = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AdminError)) throw new Error('it was not refused')
  return `${error.code}: ${error.message}`
}

test('the jobs of a removed project end with project_deleted, whatever their status', async ({
  admin,
  project,
  createJob,
  runner,
  job,
}) => {
  const group = { resource_group: 'production' }
  const running = await createJob({ ...group, retry: { max: 2, when: 'always' } })
  await runner.take()
  const ids = {
    running,
    waiting: await createJob(group),
    pending: await createJob({ tags: ['nobody-has-this'] }),
    manual: await createJob({ when: 'manual' }),
    delayed: await createJob({ when: 'delayed', start_in: '1 second' }),
  }
  const [first = 0, second = 0] = (
    await admin.mutate('jobs.createMany', {
      projectId: project.id,
      jobs: [
        { name: 'first', definition: { script: 'x', when: 'manual', allow_failure: false } },
        { name: 'second', definition: { script: 'x', when: 'always', needs: ['first'] } },
      ],
    })
  ).ids
  await admin.mutate('projects.remove', { id: project.id })
  expect((await job(running)).status).toBe('failed')
  for (const id of [...Object.values(ids), first, second]) {
    await expect.poll(async () => (await job(id)).status).toBe('failed')
    const { failureReason, finishedAt, retriedBy } = await job(id)
    expect({ failureReason, retriedBy }).toEqual({ failureReason: 'project_deleted', retriedBy: null })
    expect(finishedAt).not.toBeNull()
  }
})

test('every call of a runner about a job of a removed project is 403 with the reason', async ({
  admin,
  project,
  takenJob,
  createJob,
  runner,
}) => {
  // The gateway remembers the sender of one job from its patches, and has had no call from the other.
  await takenJob.say('one ')
  await takenJob.say('two ')
  await createJob()
  const unheard = await runner.take()
  await admin.mutate('projects.remove', { id: project.id })
  for (const taken of [takenJob, unheard]) {
    const zip = zipOf([{ name: 'a.txt', bytes: 'a' }])
    for (const reply of [
      await taken.patch(taken.log.length, 'three'),
      await taken.put({ state: 'running' }),
      await taken.put({ state: 'success' }),
      await send('POST', `${taken.artifactsUrl}/authorize`, { json: { token: taken.token } }),
      await taken.upload(zip),
      await taken.download(taken.id),
    ]) {
      expect([reply.status, reply.json()]).toEqual([403, GONE])
    }
  }
})

test('no job of a removed project can run: not by play, by retry, or as a new job', async ({
  admin,
  project,
  createJob,
  takenJob,
  job,
}) => {
  await takenJob.finish('failed', { exitCode: 1 })
  const manual = await createJob({ when: 'manual' })
  await admin.mutate('projects.remove', { id: project.id })
  await expect.poll(async () => (await job(manual)).status).toBe('failed')
  for (const id of [manual, takenJob.id]) {
    for (const procedure of ['jobs.play', 'jobs.retry', 'jobs.keepArtifacts']) {
      expect(await refusal(admin.mutate<Job>(procedure, { id }))).toMatch(
        /^CONFLICT: .*project of job \d+ has been removed/,
      )
    }
    const { runners, summary } = await admin.query('jobs.explain', { id })
    expect(runners).toEqual([])
    expect(summary).toContain('Its project has been removed, so it does not run again.')
  }
  expect(
    await refusal(admin.mutate('jobs.create', { projectId: project.id, name: 'a', definition: { script: 'x' } })),
  ).toMatch(/^NOT_FOUND/)
})
