import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES } from '../jobs/job.ts'
import { expectedVerdict, WHEN } from '../testing/expected-verdict.ts'
import { createMany, database, say, services, statusOf, take } from '../testing/scene.ts'
import { byNewerRelease, changeStored } from '../testing/stored-definition.ts'
import { advancePipeline } from './advance-pipeline.ts'

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

/** Returns, by set, the status of the job behind it once every job that can start or be skipped has done so. */
async function statusesBehind(when: (typeof WHEN)[number], byStage: boolean): Promise<Record<string, string>> {
  const { db } = database
  const delay = when === 'delayed' ? { start_in: '1 day' } : {}
  const ids = await createMany({
    lock: { when: 'manual', allow_failure: false },
    ...Object.fromEntries(
      numbered.map(({ n, allowFailure }) => [`before ${n}`, { needs: ['lock'], allow_failure: allowFailure }]),
    ),
    ...Object.fromEntries(
      SETS.map((set, n) => [
        `behind ${n}`,
        { when, ...delay, needs: ['lock', ...set.map((one) => `before ${one.n}`)] },
      ]),
    ),
  })
  const [lock, before, behind] = [ids[0] ?? 0, ids.slice(1, 1 + numbered.length), ids.slice(1 + numbered.length)]
  await arrange(db, "update jobs set status = 'running', started_at = now() where id = $1", [lock])
  await arrange(
    db,
    `update jobs j set status = given.status, retry_decided = given.settled
       from unnest($1::integer[], $2::text[], $3::boolean[]) as given (id, status, settled)
      where j.id = given.id`,
    [before, numbered.map(({ status }) => status), numbered.map(({ settled }) => settled)],
  )
  await db.query(
    'update jobs set waits_for = array_remove(waits_for, $2), by_stage = $3 where id = any ($1::integer[])',
    [behind, lock, byStage],
  )
  const pipelineId = (await services.jobs.find(lock))?.pipelineId ?? 0
  await advancePipeline(services, pipelineId)
  const found = await db.query<{ id: number; status: string }>(
    'select id, status from jobs where id = any ($1::integer[])',
    [behind],
  )
  const statuses = new Map(found.map(({ id, status }) => [id, status]))
  return Object.fromEntries(
    SETS.map((set, n) => [set.map(predecessor).join(', '), statuses.get(behind[n] ?? 0) ?? 'missing']),
  )
}

const FIRED = {
  on_success: 'pending',
  on_failure: 'pending',
  always: 'pending',
  manual: 'manual',
  delayed: 'scheduled',
}

describe.each([
  ['that waits for earlier stages', true],
  ['with needs', false],
])('a job %s', (_, byStage) => {
  it.each(WHEN)('and when: %s starts, waits or is skipped according to the rules', async (when) => {
    const expected = SETS.map((set) => {
      const verdict = expectedVerdict(when, byStage, set)
      const status = { wait: 'created', skip: 'skipped', fire: FIRED[when] }[verdict]
      return [set.map(predecessor).join(', '), status]
    })
    expect(await statusesBehind(when, byStage)).toEqual(Object.fromEntries(expected))
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
