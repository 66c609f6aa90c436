import { err, ok, type Result } from '@yardmaster/common'
import type { ScheduleInvalid, ScheduleNotFound, ScheduleUnreadable } from '../errors.ts'
import type { ConfigRefused } from '../pipelines/create-from-config.ts'
import { checkContents, type SchedulePorts } from './check-contents.ts'
import { firstRun } from './cron.ts'
import type { NewSchedule, Schedule, ScheduleConfiguration, ScheduleContents } from './schedule.ts'

export type ScheduleChanges = Partial<
  Pick<NewSchedule, 'description' | 'cron' | 'timeZone' | 'ref' | 'tag' | 'sha' | 'active'> & ScheduleConfiguration
> & {
  /** Returns the new variables, given the present ones. */
  readonly variables?: ((present: NewSchedule['variables']) => NewSchedule['variables']) | undefined
}

/**
 * Changes a schedule. New times count from now on; what its pipelines are made of is tried without creating one. A
 * schedule that is switched on again has no failures and missed no run.
 *
 * @returns `schedule_unreadable` when what is not given must be kept and can't be read.
 */
export async function updateSchedule(
  ports: SchedulePorts,
  id: number,
  { content, files, inputs, variables, ...changes }: ScheduleChanges,
): Promise<Result<Schedule, ScheduleNotFound | ScheduleInvalid | ScheduleUnreadable | ConfigRefused>> {
  const before = await ports.schedules.find(id)
  if (!before) return err({ kind: 'schedule_not_found', id })
  const after = { ...before, ...changes }

  const isResumed = after.active && !before.active
  const hasNewTimes = after.cron !== before.cron || after.timeZone !== before.timeZone
  const next = isResumed || hasNewTimes ? firstRun(after.cron, after.timeZone, ports.clock.now()) : null
  if (next && !next.ok) return next

  const { ref, tag, sha } = changes
  let contents: ScheduleContents | null = null
  if ([content, files, inputs, variables, ref, tag, sha].some((given) => given !== undefined)) {
    const present = await ports.schedules.contents(id)
    if (present === 'newer') return err({ kind: 'schedule_unreadable', id, because: 'newer' })
    // What is damaged can be given anew, as a whole.
    if (present === null && (content === undefined || variables === undefined))
      return err({ kind: 'schedule_unreadable', id, because: 'damaged' })
    const kept = present ?? { configuration: { content: null, files: null, inputs: null }, variables: [] }
    contents = {
      configuration: {
        content: content === undefined ? kept.configuration.content : content,
        files: files === undefined ? kept.configuration.files : files,
        inputs: inputs === undefined ? kept.configuration.inputs : inputs,
      },
      variables: variables?.(kept.variables) ?? kept.variables,
    }
    const refused = await checkContents(ports, { ...after, ...contents })
    if (refused) return err(refused)
  }

  const updated = await ports.schedules.update(id, {
    ...changes,
    ...contents,
    ...(next && { nextRunAt: next.value }),
    ...(isResumed && { failures: 0, lastFailure: null }),
  })
  return updated ? ok(updated) : err({ kind: 'schedule_not_found', id })
}
