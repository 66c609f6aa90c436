import { expireArtifacts } from '@yardmaster/domain/artifacts'
import { followChildren, startChildren } from '@yardmaster/domain/children'
import { endRemovedJobs, updateJob } from '@yardmaster/domain/execution'
import type { JobStatus } from '@yardmaster/domain/jobs'
import type { PipelineJob } from '@yardmaster/domain/ports'
import { catchUp, playJob, settleRecent } from '@yardmaster/domain/processing'
import { setProcessMode } from '@yardmaster/domain/resource-groups'
import { removeOldPipelines } from '@yardmaster/domain/retention'
import { steadyClock } from '@yardmaster/domain/testing'
import { sealFinishedTraces } from '@yardmaster/domain/traces'
import { monthOf } from '@yardmaster/domain/usage'
import { missedRetries } from './attempts.ts'
import type { CrashableProcess } from './crashable-process.ts'
import { claim, timeOut } from './operations.ts'
import { wrongPipelines } from './pipeline-statuses.ts'
import { tidy } from './tidy.ts'
import type { World } from './world.ts'

const LATER_MS = 86_400_000

/**
 * Brings everything to an end: runners claim and finish all jobs, sweeps complete what crashes left undone, and manual
 * jobs are played.
 *
 * @returns what did not end, or ended wrongly.
 */
export async function comeToRest(world: World): Promise<string[]> {
  await world.revive(true)
  await orderByReadiness(world)
  const wrong = await unremoved(world)
  for (let round = 0; round < 200; round++) {
    const process = world.process()
    await process.services.background.settle()
    await endRemovedJobs(process.services)
    await catchUp(process.services)
    await bringUpChildren(world, process)
    await finishAll(world, process)
    await bringUpChildren(world, process)
    await process.services.background.settle()
    if (await isBusy(world)) continue
    await catchUp(process.services)
    await settleRecent(process.services)
    wrong.push(...(await forgotten(world)), ...(await miscounted(world)), ...(await wrongPipelines(world)))
    const gated = await gatedJobs(world)
    if (gated.length === 0) break
    for (const id of gated) await playJob(process.services, id)
  }
  const process = world.process()
  const left = [...(await world.look())].filter(([status]) => !OVER.has(status))
  for (const [status, ids] of left) wrong.push(`still ${status}: ${ids.join(', ')}`)
  return [
    ...wrong,
    ...(await wronglySkipped(world)),
    ...(await missedRetries(world)),
    ...(await unclean(world, process)),
  ]
}

/**
 * Lets no job wait for one that is not ready: jobs that wait for jobs of other pipelines in one group, and for those of
 * older or newer ones in another, may wait for each other for ever.
 */
async function orderByReadiness({ database: { db, stores }, random, process }: World): Promise<void> {
  const { services } = process()
  await services.background.settle()
  const groups = await db.query<{ project_id: number; name: string }>('select project_id, name from resource_groups')
  for (const { project_id: projectId, name } of groups) {
    const mode = random.pick(['unordered', 'newest_ready_first'] as const) ?? 'unordered'
    // A project that was removed has no modes to set, and its jobs end without their resources.
    if (await stores.projects.find(projectId)) await setProcessMode(services, { projectId, name, mode })
  }
}

/** Returns whether a job runs or is queued; a trigger job that waits for its child does not count. */
async function isBusy({ database: { db } }: World): Promise<boolean> {
  const [job] = await db.query(
    `select from jobs
      where status in ('pending', 'running', 'canceling') and (kind = 'build' or downstream_pipeline_id is null) limit 1`,
  )
  return job !== undefined
}

/** Returns jobs that wait for a person or for their time. A trigger job may be manual only because its child is. */
async function gatedJobs({ database: { db } }: World): Promise<number[]> {
  const jobs = await db.query<{ id: number }>(
    `select id from jobs
      where status in ('manual', 'scheduled') and (kind = 'build' or downstream_pipeline_id is null) order by id`,
  )
  return jobs.map(({ id }) => id)
}

const OVER: ReadonlySet<JobStatus> = new Set(['success', 'failed', 'canceled', 'skipped'])

async function finishAll(world: World, process: CrashableProcess): Promise<void> {
  for (let misses = 0; misses < 12; ) misses = (await claim(world, process)) ? 0 : misses + 1
  for (const job of world.held.values()) {
    if (job.over) continue
    job.over = true
    const said = { failureReason: null, exitCode: null, checksum: null, bytesize: null }
    await updateJob(process.services, { id: job.id, token: job.token, ipAddress: null, state: 'success', ...said })
  }
  // Jobs whose answer was lost with its process, so that no runner has them.
  await timeOut(process, { acceptSeconds: 0, silenceSeconds: 0 })
}

/** Starts and follows child pipelines until nothing changes, also those that a process left when it died. */
async function bringUpChildren({ database: { db } }: World, { services }: CrashableProcess): Promise<void> {
  await db.query(
    `update jobs set last_signal_at = last_signal_at - interval '1 day'
      where kind = 'trigger' and status = 'running' and downstream_pipeline_id is null`,
  )
  await startChildren(services)
  await services.background.settle()
  // Each level of a family follows the one below it.
  for (let level = 0; level < 3; level++) {
    await settleRecent(services)
    await followChildren(services)
    await services.background.settle()
  }
}

/**
 * Runs only the sweeps, in a process that does not die.
 *
 * @returns what they left undone.
 */
export async function quietMoment(world: World): Promise<string[]> {
  world.spareAll()
  await world.revive()
  const process = world.process()
  await endRemovedJobs(process.services)
  await process.services.background.settle()
  await catchUp(process.services)
  await process.services.background.settle()
  await bringUpChildren(world, process)
  await settleRecent(process.services)
  return [...(await forgotten(world)), ...(await miscounted(world)), ...(await wrongPipelines(world))]
}

/** Returns errors in the run time, which must count each claimed job that is over once. */
async function miscounted({ database: { db, stores } }: World): Promise<string[]> {
  const wrong: string[] = []
  const used = await stores.usage.projects(monthOf(new Date()))
  const ends = await db.query<{ project_id: number; ends: number }>(
    `select j.project_id, count(*)::int as ends
       from job_history h join counted_jobs j on j.id = h.job_id
      where h.before in ('running', 'canceling') and h.after in ('success', 'failed', 'canceled') and j.kind = 'build'
        and j.started_at is not null
      group by j.project_id`,
  )
  for (const { project_id, ends: expected } of ends) {
    const counted = used.find(({ projectId }) => projectId === project_id)?.jobs ?? 0
    if (counted !== expected) wrong.push(`project ${project_id} counts ${counted} jobs of ${expected}`)
  }
  return wrong
}

/** Returns jobs that wait although nothing keeps them waiting, and other work that is left undone. */
async function forgotten({ database: { db } }: World): Promise<string[]> {
  const rows = await db.query<{ found: string }>(
    `select j.id || ' is ' || j.status as found
       from jobs j
      where j.status = 'waiting_for_resource'
            and not exists (select from resources r where r.project_id = j.project_id and r.name = j.resource_group)
            and not exists (
              select from resource_groups g
                join jobs b on b.project_id = g.project_id and b.resource_group = g.name
                join pipelines its on its.id = j.pipeline_id
                join pipelines other on other.id = b.pipeline_id
               where g.project_id = j.project_id and g.name = j.resource_group
                 and (b.status = 'waiting_for_resource'
                   or b.status in ('created', 'scheduled') and g.mode in ('oldest_first', 'newest_first'))
                 and case g.mode
                       when 'unordered' then false
                       when 'oldest_first' then coalesce(other.root_id, other.id) < coalesce(its.root_id, its.id)
                       else coalesce(other.root_id, other.id) > coalesce(its.root_id, its.id) end)
         or j.status = 'created'
            and not exists (
              select from jobs b
               where b.id = any (j.waits_for) and b.status not in ('success', 'failed', 'canceled', 'skipped')
                 and not (b.status = 'manual' and b.allow_failure))
         or j.status = 'created' and not j.by_stage
            and exists (
              select from jobs b
               where b.id = any (j.waits_for)
                 and (b.status = 'skipped' or b.status = 'manual' and b.allow_failure))
      union all
     select 'the resource of ' || r.job_id || ', which is ' || j.status
       from resources r join jobs j on j.id = r.job_id where j.status in ('success', 'failed', 'canceled', 'skipped')
      union all
     select j.id || ' is ' || j.status || ', and its project is removed'
       from projects p join jobs j on j.project_id = p.id
      where p.deleted_at is not null and j.status not in ('success', 'failed', 'canceled', 'skipped')
      union all
     select id || ' failed without a decision about its retry' from jobs where status = 'failed' and not retry_decided`,
  )
  return rows.map(({ found }) => `forgotten: ${found}`)
}

/** Returns skipped jobs that do not follow from how the jobs they waited for ended. */
async function wronglySkipped({ database: { db, stores } }: World): Promise<string[]> {
  // An optional job that was canceled while manual skipped the jobs that need it, and counts as passed afterwards.
  const skipped = await db.query<{ id: number; waits_for: number[]; by_stage: boolean }>(
    `select id, waits_for, by_stage from jobs j
      where status = 'skipped' and waits_for <> '{}'
        and exists (select from projects p where p.id = j.project_id and p.deleted_at is null)
        -- The others may have lost their definition.
        and exists (select from pipelines pl where pl.id = j.pipeline_id and pl.deleted_at is null)
        and (by_stage or not exists (
          select from jobs b join job_history h on h.job_id = b.id
           where b.id = any (j.waits_for) and b.status = 'canceled' and h.before = 'manual'))`,
  )
  const wrong: string[] = []
  for (const { id, waits_for, by_stage } of skipped) {
    const before = await db.query<Pick<PipelineJob, 'id' | 'status' | 'allowFailure'>>(
      'select id, status, allow_failure as "allowFailure" from jobs where id = any ($1) and retried_by is null',
      [waits_for],
    )
    const definition = await stores.jobs.definition(id)
    const when = definition === 'newer' ? undefined : definition?.when
    const stops = before.filter(({ status, allowFailure }) => !allowFailure && /^(failed|canceled)$/.test(status))
    const failed = stops.some(({ status }) => status === 'failed')
    const skips = !by_stage && before.some(({ status }) => status === 'skipped')
    const due =
      when === 'always'
        ? skips || failed || stops.length === 0
        : !skips && (when === 'on_failure' ? failed : stops.length === 0)
    if (due) wrong.push(`job ${id} is skipped although ${JSON.stringify({ when, before })}`)
  }
  return wrong
}

/** Completes what retention has begun. Returns pipelines whose rows are left. */
async function unremoved({ database: { db, stores }, process }: World): Promise<string[]> {
  const { services } = process()
  await services.background.settle()
  while ((await stores.jobs.unsealed(1)).length > 0) await sealFinishedTraces(services)
  await removeOldPipelines(services)()
  const left = await db.query<{ id: number }>('select id from pipelines where past_retention')
  return left.map(({ id }) => `pipeline ${id} is past its retention`)
}

/** Returns logs of several objects, rows without their object, and objects without a row. */
async function unclean(world: World, process: CrashableProcess): Promise<string[]> {
  const { database, objects, held } = world
  while ((await database.stores.jobs.unsealed(1)).length > 0) await sealFinishedTraces(process.services)
  await process.services.background.settle()
  await tidy(world, process)
  await expireArtifacts({ ...process.services, clock: steadyClock(() => new Date(Date.now() + LATER_MS)) })

  const named = await database.db.query<{ key: string; job_id: number }>(
    `select object_key as key, job_id from trace_pieces
      union all select object_key, 0 from trace_segments
      union all select object_key, job_id from artifacts
      union all select listing_key, job_id from artifacts where listing_key is not null`,
  )
  const many = await database.db.query<{ job_id: number }>(
    'select job_id from trace_pieces group by job_id having count(*) > 1',
  )
  const wrong = many.map(({ job_id }) => `the log of job ${job_id} is sealed in several pieces`)
  const segments = await database.db.query<{ object_key: string }>('select object_key from trace_segments')
  for (const { object_key } of segments) wrong.push(`the segment ${object_key} is left`)
  const missing = new Set(named.map(({ key }) => key))
  for (const prefix of ['traces/', 'artifacts/']) {
    for await (const { key } of objects.list(prefix)) {
      if (missing.delete(key)) continue
      // A process that dies while it stores a piece may leave its object after the log was sealed.
      const inDoubt = held.get(Number(key.split('/')[1]))?.inDoubt
      if (prefix === 'artifacts/' || !inDoubt) wrong.push(`no row names ${key}`)
    }
  }
  return [...wrong, ...[...missing].map((key) => `the object ${key} is missing`)]
}
