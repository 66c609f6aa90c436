import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { followChildren } from '../children/follow-children.ts'
import { startChildren } from '../children/start-children.ts'
import { cancelPipeline } from '../pipelines/cancel-pipeline.ts'
import { catchUp } from '../processing/follow-up.ts'
import { playJob, startDelayedJobs } from '../processing/play-job.ts'
import { retryJob } from '../processing/retry-job.ts'
import { explainJob } from '../queue/explain-job.ts'
import { type Created, createFrom, idOf, takeNext } from '../testing/pipeline-scene.ts'
import { age, cancel, database, HOUR, say, services, setUpScene, statusOf } from '../testing/scene.ts'
import type { ProcessMode } from './resource-group.ts'
import { setProcessMode } from './set-process-mode.ts'

setUpScene()

const PROJECT = 1
/** A letter first: YAML reads some hexadecimal digits as numbers. */
const unique = (): string => `g${randomBytes(6).toString('hex')}`

async function setMode(name: string, mode: ProcessMode) {
  const set = await setProcessMode(services, { projectId: PROJECT, name, mode })
  return set.ok ? set.value : set.error
}

/** Makes a group of this mode, and returns its name. */
async function makeGroup(mode: ProcessMode): Promise<string> {
  const name = unique()
  await createFrom(`first: { script: [x], when: manual, resource_group: ${name} }`)
  await setMode(name, mode)
  return name
}

async function play(pipeline: Created, job: string): Promise<void> {
  const played = await playJob(services, idOf(pipeline, job))
  if (!played.ok) throw new Error(JSON.stringify(played.error))
}

async function end(name: string, state = 'success'): Promise<void> {
  const job = await takeNext()
  expect(job?.name).toBe(name)
  if (job) await say(job, state)
  await services.background.settle()
}

const deploy = (group: string, more = ''): string =>
  `deploy: { stage: deploy, script: [x], resource_group: ${group}${more} }`
const gated = (group: string, more = ''): string =>
  `gate: { script: [x], when: manual, allow_failure: false }\n${deploy(group, more)}`

/** An older pipeline whose deploy job is not ready, and a newer one whose deploy job waits because of it. */
async function heldBack(more = ''): Promise<{ group: string; older: Created; newer: Created; waiting: number }> {
  const group = await makeGroup('oldest_first')
  const older = await createFrom(gated(group, more))
  const newer = await createFrom(deploy(group))
  const waiting = idOf(newer, 'deploy')
  expect([await statusOf(idOf(older, 'deploy')), await statusOf(waiting)]).toEqual(['created', 'waiting_for_resource'])
  return { group, older, newer, waiting }
}

describe('a job that waits for an older pipeline (oldest_first)', () => {
  it('comes after it, whatever becomes ready first', async () => {
    const { older, waiting } = await heldBack()
    await play(older, 'gate')
    await end('gate')
    expect([await statusOf(idOf(older, 'deploy')), await statusOf(waiting)]).toEqual([
      'pending',
      'waiting_for_resource',
    ])
    await end('deploy')
    expect(await statusOf(waiting)).toBe('pending')
  })

  it('is told what it waits for', async () => {
    const { group, older, waiting } = await heldBack()
    const reasons = async () => {
      const explained = await explainJob(services, waiting)
      return explained.ok ? explained.value.waitsFor : explained.error
    }
    const job = { id: idOf(older, 'deploy'), name: 'deploy', pipelineId: older.id }
    const rule = `It is in pipeline ${older.id}, which is older: the oldest comes first in ${group}`
    expect(await reasons()).toEqual([
      { ...job, status: 'created', reason: 'older_pipeline', detail: `${rule}, and it is not ready yet.` },
    ])
    await play(older, 'gate')
    await end('gate')
    expect(await reasons()).toEqual([
      { ...job, status: 'pending', reason: 'has_resource', detail: `It has the resource ${group}.` },
    ])
  })

  const ENDS: readonly [string, string, (scene: Awaited<ReturnType<typeof heldBack>>) => Promise<unknown>, string][] = [
    [
      'is skipped',
      '',
      async ({ older }) => {
        await play(older, 'gate')
        await end('gate', 'failed')
      },
      'skipped',
    ],
    [
      'becomes manual',
      ', when: manual',
      async ({ older }) => {
        await play(older, 'gate')
        await end('gate')
      },
      'manual',
    ],
    ['is canceled', '', ({ older }) => cancel(idOf(older, 'deploy')), 'canceled'],
    ['is canceled with its pipeline', '', ({ older }) => cancelPipeline(services, older.id), 'canceled'],
    [
      'cannot be read',
      '',
      async ({ older }) => {
        await database.db.query("update job_secrets set definition = decode('00', 'hex') where job_id = $1", [
          idOf(older, 'deploy'),
        ])
        await play(older, 'gate')
        await end('gate')
      },
      'failed',
    ],
    [
      'is delayed and never begun',
      ', when: delayed, start_in: 1 day',
      async ({ older, waiting }) => {
        await play(older, 'gate')
        await end('gate')
        expect(await statusOf(idOf(older, 'deploy'))).toBe('scheduled')
        expect(await statusOf(waiting)).toBe('waiting_for_resource')
        await age(idOf(older, 'deploy'), 'start_at', 26 * HOUR)
        await startDelayedJobs(services)
      },
      'failed',
    ],
    ['no longer comes first', '', ({ group }) => setMode(group, 'unordered'), 'created'],
    ['no longer counts', '', ({ group }) => setMode(group, 'newest_ready_first'), 'created'],
  ]

  it.each(ENDS)('is queued when that one %s', async (_, more, act, after) => {
    const scene = await heldBack(more)
    await act(scene)
    expect([await statusOf(idOf(scene.older, 'deploy')), await statusOf(scene.waiting)]).toEqual([after, 'pending'])
  })

  it('is queued by the sweep when a process died in between', async () => {
    const { older, waiting } = await heldBack()
    await services.jobs.cancelWaiting(idOf(older, 'deploy'))
    expect(await statusOf(waiting)).toBe('waiting_for_resource')
    await catchUp(services)
    expect(await statusOf(waiting)).toBe('pending')
  })

  it('goes on when the older one has failed, whose retry then waits', async () => {
    const { older, waiting } = await heldBack()
    await play(older, 'gate')
    await end('gate')
    await end('deploy', 'failed')
    expect(await statusOf(waiting)).toBe('pending')
    const again = await retryJob(services, idOf(older, 'deploy'))
    expect(again.ok && again.value.status).toBe('waiting_for_resource')
    await end('deploy')
    expect(again.ok && (await statusOf(again.value.id))).toBe('pending')
  })
})

it('with newest_first, an older job waits for a newer pipeline, and newest_ready_first takes what is ready', async () => {
  const group = await makeGroup('newest_first')
  const holder = await createFrom(deploy(group))
  const older = await createFrom(gated(group))
  const newer = await createFrom(gated(group))
  expect(await statusOf(idOf(holder, 'deploy'))).toBe('pending')
  await play(older, 'gate')
  await end('deploy')
  await end('gate')
  expect(await statusOf(idOf(older, 'deploy'))).toBe('waiting_for_resource')
  await setMode(group, 'newest_ready_first')
  expect(await statusOf(idOf(older, 'deploy'))).toBe('pending')
  expect(await statusOf(idOf(newer, 'deploy'))).toBe('created')
})

it('jobs of one pipeline, and of its children, do not hold each other back', async () => {
  const group = await makeGroup('oldest_first')
  const files = { 'child.yml': `in child: { script: [x], resource_group: ${group} }` }
  const parent = await createFrom(
    `child: { trigger: { include: child.yml, strategy: depend } }
last: { stage: deploy, script: [x], resource_group: ${group} }`,
    { files },
  )
  await services.background.settle()
  await startChildren(services)
  await services.background.settle()
  const other = await createFrom(deploy(group))
  expect(await statusOf(idOf(other, 'deploy'))).toBe('waiting_for_resource')
  await end('in child')
  await followChildren(services)
  expect(await statusOf(idOf(parent, 'last'))).toBe('pending')
  await end('last')
  expect(await statusOf(idOf(other, 'deploy'))).toBe('pending')
})

describe('setting a mode', () => {
  it('returns the group, also while a job has the resource', async () => {
    const group = await makeGroup('unordered')
    const [first, second] = [await createFrom(deploy(group)), await createFrom(deploy(group))]
    expect(await setMode(group, 'newest_first')).toMatchObject({
      ...{ name: group, mode: 'newest_first', heldBy: idOf(first, 'deploy'), waiting: 1 },
    })
    await cancel(idOf(first, 'deploy'))
    expect(await statusOf(idOf(second, 'deploy'))).toBe('pending')
  })

  it('refuses a group that no job has named, and a project that is not there', async () => {
    expect(await setMode('nothing', 'newest_first')).toEqual({
      ...{ kind: 'resource_group_not_found', projectId: PROJECT, name: 'nothing' },
    })
    const refused = await setProcessMode(services, { projectId: 2 ** 30, name: 'x', mode: 'unordered' })
    expect(refused).toMatchObject({ error: { kind: 'project_not_found', id: 2 ** 30 } })
  })
})

// PGlite has one connection: nothing is concurrent there.
describe.runIf(process.env.TEST_DATABASE_URL)('at the same moment', () => {
  const ROUNDS = 30

  it('a job begins to wait and the one ahead of it is canceled: it is queued', async () => {
    const group = await makeGroup('oldest_first')
    for (let round = 0; round < ROUNDS; round++) {
      const older = await createFrom(gated(group))
      const newer = await createFrom(deploy(group, ', when: manual'))
      await Promise.all([play(newer, 'deploy'), cancel(idOf(older, 'deploy'))])
      expect(await statusOf(idOf(newer, 'deploy'))).toBe('pending')
      await cancel(idOf(newer, 'deploy'))
      await services.background.settle()
    }
  })

  it('a job begins to wait and the mode changes: it is queued', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const group = await makeGroup('oldest_first')
      await createFrom(gated(group))
      const newer = await createFrom(deploy(group, ', when: manual'))
      await Promise.all([play(newer, 'deploy'), setMode(group, 'newest_first')])
      expect(await statusOf(idOf(newer, 'deploy'))).toBe('pending')
    }
  })

  it('jobs begin to wait, end and are canceled: one after the other has its turn', async () => {
    const group = await makeGroup('oldest_first')
    const made = []
    for (let n = 0; n < 12; n++) made.push(await createFrom(deploy(group, ', when: manual')))
    await Promise.all([
      ...made.map(async (pipeline, n) => {
        await play(pipeline, 'deploy')
        if (n % 3 === 0) await cancel(idOf(pipeline, 'deploy'))
      }),
    ])
    for (let ended = 0; ended < 8; ended++) await end('deploy')
    const statuses = await Promise.all(made.map((pipeline) => statusOf(idOf(pipeline, 'deploy'))))
    expect(statuses).toEqual(made.map((_, n) => (n % 3 === 0 ? 'canceled' : 'success')))
  })

  it('pipelines name the same new groups in different orders: each group comes into being once', async () => {
    const names = Array.from({ length: 8 }, unique)
    const content = (given: readonly string[]) =>
      given.map((name, n) => `job ${n}: { script: [x], when: manual, resource_group: ${name} }`).join('\n')
    await Promise.all(
      Array.from({ length: 6 }, (_, n) => createFrom(content(n % 2 === 0 ? names : names.toReversed()))),
    )
    const groups = await services.resourceGroups.list({ projectId: PROJECT, limit: 1000 })
    expect(
      groups
        .map(({ name }) => name)
        .filter((name) => names.includes(name))
        .sort(),
    ).toEqual(names.toSorted())
  })
})
