import { parseDefinition } from '@yardmaster/ci-config'
import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES } from '../jobs/job.ts'
import { expectedVerdict, WHEN } from '../testing/expected-verdict.ts'
import { createMany, database, say, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { byNewerRelease, changeStored } from '../testing/stored-definition.ts'
import { advancePipeline } from './advance-pipeline.ts'

setUpScene()

const PREDECESSORS = [
  ...JOB_STATUSES.flatMap((status) => [true, false].map((allowFailure) => ({ status, allowFailure, settled: true }))),
  ...[true, false].map((allowFailure) => ({ status: 'failed' as const, allowFailure, settled: false })),
]
type Numbered = (typeof PREDECESSORS)[number] & { readonly n: number }

const numbered: Numbered[] = PREDECESSORS.map((one, n) => ({ ...one, n }))
const FINISHED = ['success', 'failed', 'canceled', 'skipped']
/**
 * Each predecessor alone, then pairs with an outcome of their own. `composite-status.test.ts` has all others, and sets
 * of three.
 */
const SETS: readonly (readonly Numbered[])[] = [
  [],
  ...numbered.map((one) => [one]),
  ...numbered
    .filter(({ status, settled }) => settled && (FINISHED.includes(status) || status === 'manual'))
    .flatMap((one, index, all) => all.slice(index + 1).map((other) => [one, other])),
]

const predecessor = ({ status, allowFailure, settled }: Numbered): string =>
  `${status}${allowFailure ? '!' : ''}${settled ? '' : '?'}`

/** Gives predecessors the statuses of a set. */
const setStatuses = (ids: readonly number[], set: readonly Numbered[]) =>
  arrange(
    database.db,
    `update jobs j set status = given.status, retry_decided = given.settled
       from unnest($1::integer[], $2::text[], $3::boolean[]) as given (id, status, settled)
      where j.id = given.id`,
    [ids, set.map(({ status }) => status), set.map(({ settled }) => settled)],
  )

const pipelineOf = async (id: number): Promise<number> => (await services.jobs.find(id))?.pipelineId ?? 0

const delayOf = (when: string) => (when === 'delayed' ? { start_in: '1 day' } : {})

/** Returns, by set, the status of a job that needs it, once every job that can start or be skipped has done so. */
async function statusesByNeeds(when: (typeof WHEN)[number]): Promise<Record<string, string>> {
  const { db } = database
  const ids = await createMany({
    lock: { when: 'manual', allow_failure: false },
    ...Object.fromEntries(
      numbered.map(({ n, allowFailure }) => [`before ${n}`, { needs: ['lock'], allow_failure: allowFailure }]),
    ),
    ...Object.fromEntries(
      SETS.map((set, n) => [
        `behind ${n}`,
        { when, ...delayOf(when), needs: ['lock', ...set.map((one) => `before ${one.n}`)] },
      ]),
    ),
  })
  const [lock, before, behind] = [ids[0] ?? 0, ids.slice(1, 1 + numbered.length), ids.slice(1 + numbered.length)]
  await arrange(db, "update jobs set status = 'running', started_at = now() where id = $1", [lock])
  await setStatuses(before, numbered)
  await db.query('update jobs set waits_for = array_remove(waits_for, $2) where id = any ($1::integer[])', [
    behind,
    lock,
  ])
  await advancePipeline(services, await pipelineOf(lock))
  const statuses = await Promise.all(behind.map(statusOf))
  return Object.fromEntries(SETS.map((set, n) => [set.map(predecessor).join(', '), statuses[n] ?? 'missing']))
}

/** The same for a job in the stage after the set's, in a pipeline of their own. */
async function statusesByStage(when: (typeof WHEN)[number]): Promise<Record<string, string>> {
  const parsed = (definition: object) => {
    const made = parseDefinition({ script: ['true'], ...definition })
    if (!made.ok) throw new Error(made.error.reason)
    return { definition: made.value, status: 'created' as const, requiredFeatures: [] }
  }
  const behind = { name: 'behind', stage: 'two', stageIndex: 1, ...parsed({ when, ...delayOf(when) }) }
  const statuses: [string, string][] = []
  for (const set of SETS) {
    const before = set.map(({ n, allowFailure }) => ({
      ...{ name: `before ${n}`, stage: 'one', stageIndex: 0 },
      ...parsed({ allow_failure: allowFailure }),
    }))
    const ids = await services.jobs.create({
      ...{ projectId: 1, source: 'api', ref: 'main', tag: false, sha: null, protected: false, variables: [] },
      jobs: [...before, behind],
    })
    await setStatuses(ids.slice(0, -1), set)
    const last = ids.at(-1) ?? 0
    await advancePipeline(services, await pipelineOf(last))
    statuses.push([set.map(predecessor).join(', '), await statusOf(last)])
  }
  return Object.fromEntries(statuses)
}

const FIRED = {
  on_success: 'pending',
  on_failure: 'pending',
  always: 'pending',
  manual: 'manual',
  delayed: 'scheduled',
}

describe.each([
  ['that waits for earlier stages', true, statusesByStage],
  ['with needs', false, statusesByNeeds],
])('a job %s', (_, byStage, statusesBehind) => {
  it.each(WHEN)('and when: %s starts, waits or is skipped according to the rules', async (when) => {
    const expected = SETS.map((set) => {
      const verdict = expectedVerdict(when, byStage, set)
      const status = { wait: 'created', skip: 'skipped', fire: FIRED[when] }[verdict]
      return [set.map(predecessor).join(', '), status]
    })
    expect(await statusesBehind(when)).toEqual(Object.fromEntries(expected))
  })
})

describe('a job that was stored by a newer release', () => {
  it('stays created, while other jobs of its pipeline start', async () => {
    const [build = 0, newer = 0, other = 0] = await createMany({
      build: {},
      newer: { needs: ['build'] },
      other: { needs: ['build'] },
    })
    await changeStored(newer, byNewerRelease)
    await say(await take(), 'success')
    expect([await statusOf(build), await statusOf(newer), await statusOf(other)]).toEqual([
      'success',
      'created',
      'pending',
    ])
  })
})
