import { err, ok, type Result } from '@yardmaster/common'
import type { ScheduleInvalid } from '../errors.ts'
import type { ConfigRefused } from '../pipelines/create-from-config.ts'
import { checkContents, type SchedulePorts } from './check-contents.ts'
import { firstRun } from './cron.ts'
import type { NewSchedule, Schedule } from './schedule.ts'

export type ScheduleRequest = Omit<NewSchedule, 'nextRunAt'>

/**
 * Stores a schedule, after its pipeline was tried without creating it.
 *
 * @returns `schedule_invalid` for its times, `config_invalid` with every fault of its configuration, and what
 * keeps it from being read when it is in the project's repository.
 */
export async function createSchedule(
  ports: SchedulePorts,
  request: ScheduleRequest,
): Promise<Result<Schedule, ScheduleInvalid | ConfigRefused>> {
  const next = firstRun(request.cron, request.timeZone, ports.clock.now())
  if (!next.ok) return next
  const refused = await checkContents(ports, request)
  if (refused) return err(refused)
  const schedule = await ports.schedules.create({ ...request, nextRunAt: next.value })
  return schedule ? ok(schedule) : err({ kind: 'project_not_found', id: request.projectId })
}
