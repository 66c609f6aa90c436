import { parsed } from '@yardmaster/ci-config/testing'
import { describe, expect, it } from 'vitest'
import type { NewJob, NewPipeline } from '../ports.ts'
import { ask, create, register, runner, services, setUpScene, statusOf } from '../testing/scene.ts'
import { digestOf } from '../tokens.ts'
import { queueValueKey } from '../wakeups/queue-value.ts'
import { firstStatus, startPipeline } from './start-pipeline.ts'

setUpScene()

const job = (name: string, keywords: object = {}, given: Partial<NewJob> = {}): NewJob => {
  const definition = parsed(keywords)
  return { name, stage: 'test', definition, status: firstStatus(definition, []), requiredFeatures: [], ...given }
}
const pipeline = (...jobs: NewJob[]): NewPipeline => ({
  ...{ projectId: 1, source: 'api', ref: 'main', tag: false, sha: null, protected: true, variables: [] },
  jobs,
})
const queueValue = (token: string) => services.scratch.get(queueValueKey(digestOf(token)))

describe('a pipeline that is started', () => {
  it('wakes the runners that could take one of its jobs, and no other', async () => {
    const docker = await register({ tagList: ['docker'], runUntagged: false })
    const shell = await register({ tagList: ['shell'], runUntagged: false })
    for (const { token } of [runner, docker, shell]) await ask({ token })
    await services.contacts.flush()
    const before = await queueValue(shell.token)
    await startPipeline(services, pipeline(job('a', { tags: ['docker'] }), job('b')))
    expect(await queueValue(docker.token)).toBeNull()
    expect(await queueValue(runner.token)).toBeNull()
    expect([before, await queueValue(shell.token)]).toEqual([expect.any(String), before])
  })

  it('decides at once what becomes of the jobs that are not queued', async () => {
    const holder = await create({ resource_group: 'production' })
    expect(await statusOf(holder)).toBe('pending')
    const started = await startPipeline(
      services,
      pipeline(job('gate', { when: 'manual' }), job('waiting', { resource_group: 'production' }), job('now')),
    )
    expect(await Promise.all((started?.jobIds ?? []).map(statusOf))).toEqual([
      'manual',
      'waiting_for_resource',
      'pending',
    ])
    const [first] = started?.jobIds ?? []
    expect((await services.jobs.find(first ?? 0))?.pipelineId).toBe(started?.id)
  })

  it('is announced', async () => {
    await using jobs = await services.events.subscribe('jobs')
    await startPipeline(services, pipeline(job('a')))
    expect(await jobs.wait(0)).toMatchObject({ events: true })
  })

  it('is not stored when its project has been removed', async () => {
    const project = await services.projects.create({ path: 'start/removed' })
    await services.projects.remove(project?.id ?? 0)
    const newest = async () => (await services.pipelines.list({ limit: 1 }))[0]?.id
    const before = await newest()
    expect(await startPipeline(services, { ...pipeline(job('a')), projectId: project?.id ?? 0 })).toBeNull()
    expect(await newest()).toBe(before)
  })
})

describe('the first status of a job', () => {
  it.each<[string, object, readonly number[], string]>([
    ['that waits for nothing', {}, [], 'pending'],
    ['that always runs', { when: 'always' }, [], 'pending'],
    ['that waits for another', {}, [0], 'created'],
    ['that always runs, after another', { when: 'always' }, [0], 'created'],
    ['that needs a resource', { resource_group: 'production' }, [], 'created'],
    ['that is started by hand', { when: 'manual' }, [], 'created'],
    ['that is delayed', { when: 'delayed', start_in: '1 day' }, [], 'created'],
    ['that runs after a failure', { when: 'on_failure' }, [], 'created'],
  ])('%s is decided from its keywords', (_, keywords, waitsFor, status) => {
    expect(firstStatus(parsed(keywords), waitsFor)).toBe(status)
  })
})
