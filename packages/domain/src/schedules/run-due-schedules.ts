import { type ConfigRefused, createFromConfig } from '../pipelines/create-from-config.ts'
import { requestOf, type SchedulePorts } from './check-contents.ts'
import { nextRun } from './cron.ts'
import { MOST_FAILURES, type TakenSchedule } from './schedule.ts'

/** Pipelines that a process creates at the same time: includes of one may be slow. */
const AT_ONCE = 4
/** Until another process takes a schedule over: several times what creating a pipeline may take. */
const LEASE_MS = 300_000
/** Characters of a failure that are kept. */
const LONGEST_FAILURE = 2_000

/**
 * Creates the pipelines of all schedules that are due, once each, however many runs were missed. The transaction that
 * creates a pipeline also sets the next run. So a run is never doubled, and one whose process died is made up for when
 * its lease is over.
 *
 * @see `docs/pipelines.md 10`
 */
export async function runDueSchedules(ports: SchedulePorts, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted) {
    const taken = await ports.schedules.takeDue({ now: ports.clock.now(), limit: AT_ONCE, leaseMs: LEASE_MS })
    await Promise.all(
      taken.map((schedule) =>
        runOne(ports, schedule).catch((error: unknown) =>
          ports.background.report(`run schedule ${schedule.id}`, error),
        ),
      ),
    )
    if (taken.length < AT_ONCE) return
  }
}

async function runOne(ports: SchedulePorts, schedule: TakenSchedule): Promise<void> {
  const { id, nextRunAt: dueAt, ciEnabled, createdBy } = schedule
  const runAt = ports.clock.now()
  // From the later one: the clock of the process that set the time may be ahead.
  const nextRunAt = nextRun(schedule.cron, schedule.timeZone, new Date(Math.max(runAt.getTime(), dueAt.getTime())))
  const note = (outcome: { failures: number; lastFailure: string | null; runAt?: Date | null }) =>
    ports.schedules.noteRun(id, { dueAt, nextRunAt, runAt, active: outcome.failures < MOST_FAILURES, ...outcome })
  const fail = (reason: string) =>
    note({ failures: schedule.failures + 1, lastFailure: reason.slice(0, LONGEST_FAILURE) })

  if (!ciEnabled) return await note({ failures: schedule.failures, lastFailure: schedule.lastFailure, runAt: null })
  const contents = await ports.schedules.contents(id)
  // A process of the newer release takes it when the lease is over.
  if (contents === 'newer') return
  if (contents === null) return await fail('Its stored configuration can no longer be read: set it again.')

  const request = { ...requestOf({ ...schedule, ...contents }), createdBy }
  const made = await createFromConfig(ports, { ...request, scheduledRun: { id, due: { at: dueAt, nextRunAt }, runAt } })
  if (made.ok) return
  const { error } = made
  // The rules of the configuration want no pipeline this time, which is no fault of it.
  if (error.kind === 'pipeline_filtered' || error.kind === 'pipeline_empty')
    return await note({ failures: 0, lastFailure: REASONS[error.kind] })
  if (error.kind === 'config_invalid') return await fail(error.errors.map(({ message }) => message).join('\n'))
  if (error.kind === 'project_damaged' || error.kind === 'config_missing') return await fail(REASONS[error.kind])
  if (error.kind === 'ref_not_found') return await fail(`The repository has no branch or tag ${error.ref}.`)
  if (error.kind === 'commit_not_found') return await fail(`The repository has no commit ${error.sha}.`)
  // The run is missed, and the schedule is not to blame.
  if (error.kind === 'repository_unavailable')
    return await note({ failures: schedule.failures, lastFailure: error.reason.slice(0, LONGEST_FAILURE) })
  // The compiler was busy, so that it is tried again when the lease is over; or the schedule was changed or removed.
}

const REASONS = {
  pipeline_filtered: 'The rules of the workflow allow no pipeline.',
  pipeline_empty: 'The rules of all jobs leave nothing to run.',
  config_missing: 'The repository has no configuration at this commit.',
  project_damaged: 'The stored address or variables of the project can no longer be read: set them again.',
} as const satisfies { readonly [Kind in ConfigRefused['kind']]?: string }
