import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import type { Job } from '../jobs/job.ts'
import { cancelPipeline } from '../pipelines/cancel-pipeline.ts'
import { createFromConfig, type NewConfigPipeline } from '../pipelines/create-from-config.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'
import { removePipeline } from '../pipelines/remove-pipeline.ts'
import { retryPipeline } from '../pipelines/retry-pipeline.ts'
import { catchUp } from '../processing/follow-up.ts'
import { playJob } from '../processing/play-job.ts'
import { retryJob } from '../processing/retry-job.ts'
import { updateProject } from '../projects/change-project.ts'
import { explainJob } from '../queue/explain-job.ts'
import { ask, cancel, database, find, jobIn, say, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { followChildren } from './follow-children.ts'
import { LEFT_SECONDS, startChild } from './start-child.ts'
import { startChildren } from './start-children.ts'

setUpScene()

/** Does what follows from all changes so far, as the periodic tasks do, until nothing changes any more. */
async function settle(): Promise<void> {
  for (let before = ''; ; ) {
    await services.background.settle()
    await startChildren(services)
    await followChildren(services)
    await services.background.settle()
    const now = JSON.stringify(await database.db.query('select id, status from jobs order by id'))
    if (now === before) return
    before = now
  }
}

/** A pipeline, and its jobs by name. */
interface Seen {
  readonly pipeline: Pipeline
  readonly jobs: Readonly<Record<string, Job>>
}

async function see(id: number): Promise<Seen> {
  const pipeline = await services.pipelines.find(id)
  if (!pipeline) throw new Error(`no pipeline ${id}`)
  const jobs = await services.jobs.list({ pipelineId: id, limit: 100 })
  const latest = jobs.filter(({ retriedBy }) => retriedBy === null)
  return { pipeline, jobs: Object.fromEntries(latest.map((job) => [job.name, job])) }
}

async function run(content: string, request: Partial<NewConfigPipeline> = {}): Promise<number> {
  const made = await createFromConfig(services, { content, createdBy: 'a test', ...request })
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  await settle()
  return made.value.id ?? 0
}

const jobOf = async (pipeline: number, name: string): Promise<Job> => {
  const job = (await see(pipeline)).jobs[name]
  if (!job) throw new Error(`pipeline ${pipeline} has no job ${name}`)
  return job
}

const childOf = async (pipeline: number, name = 'child'): Promise<Seen> => {
  const { downstreamPipelineId } = await jobOf(pipeline, name)
  if (downstreamPipelineId === null) throw new Error(`job ${name} has no child`)
  return await see(downstreamPipelineId)
}

/** Ends the next job in the queue, and does what follows. */
async function end(state: 'success' | 'failed'): Promise<number> {
  const taken = await take()
  await say(taken, state)
  await settle()
  return taken.id
}

const CHILD = 'work: { script: make }'
const files = { 'child.yml': CHILD }
const trigger = (more = '') => `child: { trigger: { include: child.yml${more} } }`

describe('a trigger job', () => {
  it('creates a child pipeline of the same ref and commit, and succeeds at once', async () => {
    const sha = 'a'.repeat(40)
    const id = await run(`${trigger()}\nlater: { stage: deploy, script: x }`, { files, ref: 'topic', sha })
    const { jobs, pipeline } = await see(id)
    const child = await childOf(id)
    expect(jobs.child).toMatchObject({ kind: 'trigger', status: 'success', runnerId: null })
    expect(jobs.later?.status).toBe('pending')
    expect(child.pipeline).toMatchObject({
      ...{ parentId: id, parentJobId: jobs.child?.id, depth: 1, source: 'parent_pipeline', ref: 'topic', sha },
      ...{ createdBy: 'a test', status: 'pending', projectId: pipeline.projectId },
    })
    expect(Object.keys(child.jobs)).toEqual(['work'])
  })

  it('is never handed to a runner', async () => {
    const made = await createFromConfig(services, { content: trigger(), files, createdBy: null })
    await services.background.settle()
    expect(made.ok && (await jobOf(made.value.id ?? 0, 'child')).status).toBe('pending')
    expect((await ask()).kind).not.toBe('job')
    await settle()
  })

  it.each(['depend', 'mirror'])(
    'with strategy %s runs until the child is over, and ends as it does',
    async (strategy) => {
      for (const state of ['success', 'failed'] as const) {
        const id = await run(`${trigger(`, strategy: ${strategy}`)}\nlater: { stage: deploy, script: x }`, { files })
        expect((await jobOf(id, 'child')).status).toBe('running')
        expect((await jobOf(id, 'later')).status).toBe('created')
        await end(state)
        const { jobs, pipeline } = await see(id)
        expect(jobs.child?.status).toBe(state)
        expect(jobs.later?.status).toBe(state === 'success' ? 'pending' : 'skipped')
        if (state === 'failed') {
          expect(pipeline.status).toBe('failed')
          expect(jobs.child?.failureDetail).toMatch(/Its child pipeline \d+ is failed/)
        } else await end('success')
      }
    },
  )

  it('mirrors a child that waits for a manual job, and one that has nothing to do', async () => {
    const manual = { 'child.yml': 'work: { script: x, when: manual, allow_failure: false }' }
    const id = await run(trigger(', strategy: mirror'), { files: manual })
    expect((await see(id)).pipeline.status).toBe('manual')
    const job = await jobOf(id, 'child')
    expect(await playJob(services, job.id)).toMatchObject({ ok: false, error: { kind: 'transition_impossible' } })
    const work = (await childOf(id)).jobs.work
    expect((await playJob(services, work?.id ?? 0)).ok).toBe(true)
    await settle()
    expect((await jobOf(id, 'child')).status).toBe('running')
    await end('success')
    expect((await see(id)).pipeline.status).toBe('success')

    const optional = { 'child.yml': 'work: { script: x, when: manual }' }
    const skipped = await run(`${trigger(', strategy: mirror')}`, { files: optional })
    expect((await jobOf(skipped, 'child')).status).toBe('skipped')
    const dependent = await run(`${trigger(', strategy: depend')}`, { files: optional })
    expect((await jobOf(dependent, 'child')).status).toBe('failed')
  })

  it('waits as its keywords say', async () => {
    const content = `
      build: { stage: build, script: x }
      needs: { needs: [build], trigger: { include: child.yml } }
      by hand: { stage: build, when: manual, trigger: { include: child.yml } }
      after failure: { when: on_failure, trigger: { include: child.yml } }
      left out: { rules: [{ if: $NOTHING }], trigger: { include: child.yml } }
      both: { stage: build, parallel: { matrix: [{ A: [one, two] }] }, trigger: { include: child.yml } }`
    const id = await run(content, { files })
    const { jobs } = await see(id)
    expect(Object.fromEntries(Object.entries(jobs).map(([name, { status }]) => [name, status]))).toEqual({
      build: 'pending',
      needs: 'created',
      'by hand': 'manual',
      'after failure': 'created',
      'both: [one]': 'success',
      'both: [two]': 'success',
    })
    expect(await explainJob(services, jobs.needs?.id ?? 0)).toMatchObject({
      ok: true,
      value: { waitsFor: [{ name: 'build' }], runners: [] },
    })
    expect((await services.pipelines.variables((await childOf(id, 'both: [two]')).pipeline.id)) ?? []).toEqual([
      { key: 'A', value: 'two' },
    ])
    await playJob(services, jobs['by hand']?.id ?? 0)
    await settle()
    expect((await jobOf(id, 'by hand')).status).toBe('success')
  })

  it('waits for its resource, and passes it on', async () => {
    const content = `
      first: { resource_group: r, script: x }
      second: { resource_group: r, trigger: { include: child.yml, strategy: depend } }
      third: { stage: deploy, needs: [], resource_group: r, script: x }`
    const id = await run(content, { files })
    expect((await jobOf(id, 'second')).status).toBe('waiting_for_resource')
    await end('success')
    expect((await jobOf(id, 'second')).status).toBe('running')
    expect((await jobOf(id, 'third')).status).toBe('waiting_for_resource')
    expect(await explainJob(services, (await jobOf(id, 'second')).id)).toMatchObject({
      value: { waitsForPipelineId: (await childOf(id, 'second')).pipeline.id },
    })
    await end('success')
    expect((await jobOf(id, 'third')).status).toBe('pending')
  })

  it('that runs again has its resource again if that is free, and otherwise runs without it', async () => {
    const id = await run(
      `
      first: { resource_group: again, trigger: { include: child.yml, strategy: depend } }
      second: { when: manual, resource_group: again, script: x }`,
      { files },
    )
    const [first, second] = [(await jobOf(id, 'first')).id, (await jobOf(id, 'second')).id]
    const holder = async () => (await database.db.query("select job_id from resources where name = 'again'"))[0]
    await end('success')
    expect(await holder()).toBeUndefined()
    await retryJob(services, (await childOf(id, 'first')).jobs.work?.id ?? 0)
    // What follows from the first end may come late.
    await services.jobs.releaseResource(first)
    expect(await holder()).toEqual({ job_id: first })
    await end('success')
    await playJob(services, second)
    expect(await holder()).toEqual({ job_id: second })
    await retryJob(services, (await childOf(id, 'first')).jobs.work?.id ?? 0)
    expect(await statusOf(first)).toBe('running')
    expect(await holder()).toEqual({ job_id: second })
  })
})

describe('a child pipeline', () => {
  const variablesOf = async (content: string, request: Partial<NewConfigPipeline> = {}) => {
    const id = await run(content, { files, ...request })
    const variables = await services.pipelines.variables((await childOf(id)).pipeline.id)
    if (!variables || variables === 'newer') throw new Error('no variables')
    return { id, variables: Object.fromEntries(variables.map(({ key, value }) => [key, value])) }
  }

  it('gets the variables of the trigger job, expanded', async () => {
    const { id, variables } = await variablesOf(
      `
      variables: { GLOBAL: g, BOTH: global }
      child:
        variables: { BOTH: job-$GLOBAL, ID: $CI_PIPELINE_ID, UNKNOWN: $NOTHING }
        trigger: { include: child.yml }`,
      { variables: [{ key: 'GIVEN', value: 'p' }] },
    )
    expect(variables).toEqual({ GLOBAL: 'g', BOTH: 'job-g', ID: String(id), UNKNOWN: '$NOTHING' })
  })

  it('gets them, and those of the parent pipeline, as forward says', async () => {
    const request = {
      variables: [
        { key: 'GIVEN', value: 'p' },
        { key: 'OWN', value: 'stronger' },
      ],
    }
    const content = (forward: string) =>
      `child: { variables: { OWN: o }, trigger: { include: child.yml, forward: { ${forward} } } }`
    expect((await variablesOf(content('yaml_variables: false'), request)).variables).toEqual({})
    expect((await variablesOf(content('pipeline_variables: true'), request)).variables).toEqual({
      OWN: 'stronger',
      GIVEN: 'p',
    })
  })

  it('keeps a value masked that refers to a masked one, also by way of others', async () => {
    const id = await run(
      `variables: { MIDDLE: m-$SECRET }
child: { variables: { A: x-$MIDDLE, B: y-$PLAIN }, trigger: { include: child.yml } }`,
      {
        files,
        variables: [
          { key: 'SECRET', value: 'hunter22', masked: true },
          { key: 'PLAIN', value: 'plain' },
        ],
      },
    )
    expect(await services.pipelines.variables((await childOf(id)).pipeline.id)).toEqual([
      { key: 'MIDDLE', value: 'm-hunter22', masked: true },
      { key: 'A', value: 'x-m-hunter22', masked: true },
      { key: 'B', value: 'y-plain' },
    ])
  })

  it('includes files with inputs, sees the files and changed paths of its parent, and its own rules decide', async () => {
    const id = await run(
      `child:
        trigger:
          include:
            - { local: child.yml, inputs: { who: world } }
            - local: more.yml`,
      {
        files: {
          'child.yml': `spec: { inputs: { who: {} } }\n---\ngreet:\n  script: echo $[[ inputs.who ]]`,
          'more.yml': `
            changed: { script: x, rules: [{ changes: [src/*] }] }
            unchanged: { script: x, rules: [{ changes: [lib/*] }] }
            there: { script: x, rules: [{ exists: [Dockerfile] }] }
            child: { script: x, rules: [{ if: '$CI_PIPELINE_SOURCE == "parent_pipeline"' }] }`,
          Dockerfile: '',
        },
        changedPaths: ['src/a.ts'],
      },
    )
    const { jobs } = await childOf(id)
    expect(Object.keys(jobs).sort()).toEqual(['changed', 'child', 'greet', 'there'])
    expect(await services.jobs.definition(jobs.greet?.id ?? 0)).toMatchObject({ script: ['echo world'] })
  })

  it('may have children, which may have none', async () => {
    const id = await run(trigger(', strategy: depend'), {
      files: {
        'child.yml': 'child: { trigger: { include: grandchild.yml, strategy: depend } }',
        'grandchild.yml': 'child: { trigger: { include: child.yml } }\nwork: { script: x }',
      },
    })
    const grandchild = await see((await childOf((await childOf(id)).pipeline.id)).pipeline.id)
    expect(grandchild.pipeline.depth).toBe(2)
    expect(grandchild.jobs.child).toMatchObject({
      status: 'failed',
      failureReason: 'reached_max_descendant_pipelines_depth',
    })
    await end('success')
    expect((await see(id)).pipeline.status).toBe('failed')
  })

  it('is not created when its project runs no jobs', async () => {
    const id = await run('go: { script: x }\nchild: { stage: deploy, trigger: { include: child.yml } }', { files })
    const { projectId } = await jobOf(id, 'child')
    const taken = await take()
    await updateProject(services, projectId, { ciEnabled: false })
    try {
      await say(taken, 'success')
      await settle()
      expect(await jobOf(id, 'child')).toMatchObject({ status: 'failed', failureReason: 'builds_disabled' })
    } finally {
      await updateProject(services, projectId, { ciEnabled: true })
    }
  })

  it('is not created when its family has a thousand pipelines', async () => {
    const id = await run('go: { script: x }\nchild: { stage: deploy, trigger: { include: child.yml } }', { files })
    await database.db.query(
      `insert into pipelines (project_id, iid, source, ref, tag, protected, root_id, parent_id, depth, deleted_at)
       select project_id, 100000 + n, 'parent_pipeline', ref, tag, protected, id, id, 1, now()
         from pipelines, generate_series(1, 999) n where id = $1`,
      [id],
    )
    await end('success')
    expect(await jobOf(id, 'child')).toMatchObject({
      status: 'failed',
      failureReason: 'reached_max_pipeline_hierarchy_size',
    })
  })

  it.each([
    ['a file that is not there', 'child.yml', /Local file `child.yml` does not exist!/],
    ['a file whose name cannot be stored', '"a\\0b.yml"', /Local file `a\uFFFDb.yml` does not exist!/],
    ['a configuration with faults', 'broken.yml', /jobs work config should implement/],
    ['a configuration without jobs for it', 'empty.yml', /would have no jobs/],
    ['a workflow that wants none', 'filtered.yml', /workflow:rules/],
  ])('that cannot be created because of %s fails its trigger job, with the errors', async (_, path, detail) => {
    const id = await run(`child: { trigger: { include: ${path} } }\nlast: { stage: .post, script: x }`, {
      files: {
        'broken.yml': 'work: 1',
        'empty.yml': 'work: { script: x, rules: [{ when: never }] }',
        'filtered.yml': 'workflow: { rules: [{ when: never }] }\nwork: { script: x }',
      },
    })
    expect(await jobOf(id, 'child')).toMatchObject({
      status: 'failed',
      failureReason: 'downstream_pipeline_creation_failed',
      failureDetail: expect.stringMatching(detail),
    })
    expect((await jobOf(id, 'last')).status).toBe('skipped')
    expect((await see(id)).pipeline.status).toBe('failed')
  })
})

describe('a trigger job that was left by a process that died', () => {
  it('is started again, and gets one child however many processes try', async () => {
    const made = await createFromConfig(services, { content: trigger(', strategy: depend'), files, createdBy: null })
    const id = (made.ok && made.value.id) || 0
    await services.background.settle()
    const job = await jobOf(id, 'child')
    await services.jobs.startTrigger(job.id, LEFT_SECONDS)
    await startChildren(services)
    expect((await jobOf(id, 'child')).downstreamPipelineId).toBeNull()
    await database.db.query("update jobs set last_signal_at = now() - interval '1 hour' where id = $1", [job.id])
    await Promise.all([startChild(services, job.id), startChild(services, job.id), startChildren(services)])
    expect(
      await database.db.query('select count(*)::int as n from pipelines where parent_job_id = $1', [job.id]),
    ).toEqual([{ n: 1 }])
    await settle()
    await end('success')
    expect((await see(id)).pipeline.status).toBe('success')
  })

  it('does not get a second child from a slow process', async () => {
    const id = await run(trigger(', strategy: depend'), { files })
    const { jobs, pipeline } = await see(id)
    const again = await createFromConfig(services, {
      ...{ content: CHILD, createdBy: null, source: 'parent_pipeline', parentJobId: jobs.child?.id },
    })
    expect(again).toMatchObject({ ok: false })
    expect((await services.pipelines.list({ parentId: pipeline.id, limit: 10 })).length).toBe(1)
    await end('success')
  })

  it('gets none when it was canceled meanwhile', async () => {
    const made = await createFromConfig(services, { content: trigger(), files, createdBy: null })
    const id = (made.ok && made.value.id) || 0
    await services.background.settle()
    const job = await jobOf(id, 'child')
    await services.jobs.startTrigger(job.id, LEFT_SECONDS)
    await cancel(job.id)
    const late = await createFromConfig(services, {
      ...{ content: CHILD, createdBy: null, source: 'parent_pipeline', parentJobId: job.id },
    })
    expect(late.ok).toBe(false)
    expect(await find(job.id)).toMatchObject({ status: 'canceled', downstreamPipelineId: null })
  })
})

describe('to cancel', () => {
  const content = `${trigger(', strategy: depend')}\nother: { trigger: { include: child.yml } }`

  it('a pipeline cancels its children, also those that nothing waits for', async () => {
    const id = await run(content, { files })
    const children = [await childOf(id), await childOf(id, 'other')]
    expect((await cancelPipeline(services, id)).ok).toBe(true)
    await settle()
    for (const { pipeline } of children) expect((await see(pipeline.id)).pipeline.status).toBe('canceled')
    expect((await see(id)).pipeline.status).toBe('canceled')
    expect(await cancelPipeline(services, id)).toMatchObject({ error: { kind: 'pipeline_over' } })
  })

  it('a trigger job cancels its child', async () => {
    const id = await run(content, { files })
    await cancel((await jobOf(id, 'child')).id)
    await settle()
    expect((await childOf(id)).pipeline.status).toBe('canceled')
    expect((await childOf(id, 'other')).pipeline.status).toBe('pending')
    await end('success')
  })

  it('a child ends its trigger job', async () => {
    const id = await run(content, { files })
    await cancelPipeline(services, (await childOf(id)).pipeline.id)
    await settle()
    expect((await jobOf(id, 'child')).status).toBe('canceled')
    await end('success')
  })
})

describe('to retry', () => {
  const content = `${trigger(', strategy: depend')}\nlater: { stage: deploy, script: x }`

  it.each(['its job', 'the child'])('%s lets the trigger jobs above run again, with all that follows', async (what) => {
    const id = await run(
      `${trigger(', strategy: depend').replace('child.yml', 'middle.yml')}\nlater: { stage: deploy, script: x }`,
      {
        files: { ...files, 'middle.yml': content },
      },
    )
    await end('failed')
    expect((await see(id)).pipeline.status).toBe('failed')
    const middle = (await childOf(id)).pipeline.id
    const lowest = await childOf(middle)
    if (what === 'its job') expect((await retryJob(services, lowest.jobs.work?.id ?? 0)).ok).toBe(true)
    else expect((await retryPipeline(services, lowest.pipeline.id)).ok).toBe(true)
    // Before anything is settled: what runs again must not be ended by what was so before.
    await followChildren(services)
    await settle()
    for (const pipeline of [id, middle]) {
      expect((await jobOf(pipeline, 'child')).status).toBe('running')
      expect((await jobOf(pipeline, 'later')).status).toBe('created')
    }
    for (let jobs = 0; jobs < 3; jobs++) await end('success')
    expect((await see(id)).pipeline.status).toBe('success')
  })

  it('a job while its trigger job is being ended lets that one run again, whichever comes first', async () => {
    const id = await run(content, { files })
    for (let round = 0; round < 5; round++) {
      const taken = await take()
      await say(taken, 'failed')
      await services.background.settle()
      const follow = () => followChildren(services)
      const [, , , again] = await Promise.all([follow(), follow(), follow(), retryJob(services, taken.id)])
      expect(again.ok).toBe(true)
      await settle()
      expect((await jobOf(id, 'child')).status).toBe('running')
      expect((await jobOf(id, 'later')).status).toBe('created')
    }
    await end('success')
    await end('success')
    expect((await see(id)).pipeline.status).toBe('success')
  })

  it('a trigger job makes another child', async () => {
    const id = await run(content, { files })
    await end('failed')
    const first = await childOf(id)
    expect((await retryJob(services, (await jobOf(id, 'child')).id)).ok).toBe(true)
    await settle()
    const second = await childOf(id)
    expect(second.pipeline.id).not.toBe(first.pipeline.id)
    expect((await jobOf(id, 'child')).status).toBe('running')
    // The first child is nobody's any more.
    await retryJob(services, first.jobs.work?.id ?? 0)
    await settle()
    expect((await services.jobs.find(first.pipeline.parentJobId ?? 0))?.status).toBe('failed')
    await cancelPipeline(services, first.pipeline.id)
    await end('success')
    await end('success')
    expect((await see(id)).pipeline.status).toBe('success')
  })

  it('a canceled family runs the child again', async () => {
    const id = await run(content, { files })
    await cancelPipeline(services, id)
    await settle()
    await retryPipeline(services, (await childOf(id)).pipeline.id)
    await settle()
    expect((await jobOf(id, 'child')).status).toBe('running')
    await end('success')
    expect((await jobOf(id, 'child')).status).toBe('success')
    await catchUp(services)
  })
})

describe('to remove', () => {
  it('a pipeline removes its children, and is refused while one is under way', async () => {
    const id = await run(trigger(), { files })
    const child = (await childOf(id)).pipeline.id
    expect(await removePipeline(services, id)).toMatchObject({ error: { kind: 'pipeline_under_way' } })
    await end('success')
    expect((await removePipeline(services, id)).ok).toBe(true)
    expect(await services.pipelines.find(child)).toBeNull()
    expect(await services.pipelines.find(id)).toBeNull()
  })

  it('a child unlinks it from its trigger job', async () => {
    const id = await run(trigger(), { files })
    await end('success')
    expect((await removePipeline(services, (await childOf(id)).pipeline.id)).ok).toBe(true)
    expect(await jobOf(id, 'child')).toMatchObject({ status: 'success', downstreamPipelineId: null })
  })
})

describe('a list of pipelines', () => {
  it('leaves out children, unless it is asked for them', async () => {
    const id = await run(trigger(), { files })
    const child = (await childOf(id)).pipeline.id
    const ids = async (filter: object) => (await services.pipelines.list({ limit: 2, ...filter })).map((one) => one.id)
    expect(await ids({})).toContain(id)
    expect(await ids({})).not.toContain(child)
    expect(await ids({ withChildren: true })).toEqual([child, id])
    expect(await ids({ parentId: id })).toEqual([child])
    expect(await ids({ source: 'parent_pipeline' })).toContain(child)
    await end('success')
  })
})

describe('a new commit', () => {
  it('cancels the pipelines of a family by the age of its top, and a child cancels nothing', async () => {
    const interruptible = {
      files: {
        'child.yml': `workflow: { auto_cancel: { on_new_commit: interruptible } }
safe: { script: x, interruptible: true }
kept: { script: x }`,
      },
    }
    const old = await run(trigger(', strategy: depend'), { ...interruptible, ref: 'moving', sha: 'a'.repeat(40) })
    const { jobs } = await childOf(old)
    await run('go: { script: x }', { ref: 'moving', sha: 'b'.repeat(40) })
    expect(await statusOf(jobs.safe?.id ?? 0)).toBe('canceled')
    expect(await statusOf(jobs.kept?.id ?? 0)).toBe('pending')
    await arrange(database.db, "delete from pending_jobs; update jobs set status = 'canceled', finished_at = now()")
  })
})

it('is taken by a runner only through the jobs of the child', async () => {
  const id = await run(trigger(', strategy: depend'), { files })
  const taken = jobIn(await ask())
  expect(taken.id).toBe((await childOf(id)).jobs.work?.id)
  await say(taken, 'success')
})
