import { err, ok, type Result } from '@yardmaster/common'
import type { ScheduleNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'

/** Removes a schedule. Its pipelines stay; one that is being created is not, unless it was first. */
export async function removeSchedule(
  { schedules }: Pick<Ports, 'schedules'>,
  id: number,
): Promise<Result<null, ScheduleNotFound>> {
  return (await schedules.remove(id)) ? ok(null) : err({ kind: 'schedule_not_found', id })
}
