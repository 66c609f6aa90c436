import { err, type Result } from '@yardmaster/common'
import type { ScheduleNotFound, ScheduleUnreadable } from '../errors.ts'
import { type ConfigRefused, createFromConfig, type MadePipeline } from '../pipelines/create-from-config.ts'
import { requestOf, type SchedulePorts } from './check-contents.ts'

/**
 * Creates a pipeline of a schedule now, whether it is active or not. Its next run stays as it is. A refusal is for the
 * caller and counts as no failure of the schedule.
 */
export async function runSchedule(
  ports: SchedulePorts,
  { id, createdBy }: { readonly id: number; readonly createdBy: string | null },
): Promise<Result<MadePipeline, ScheduleNotFound | ScheduleUnreadable | ConfigRefused>> {
  const schedule = await ports.schedules.find(id)
  if (!schedule) return err({ kind: 'schedule_not_found', id })
  const contents = await ports.schedules.contents(id)
  if (contents === null || contents === 'newer')
    return err({ kind: 'schedule_unreadable', id, because: contents ?? 'damaged' })
  const scheduledRun = { id, due: null, runAt: ports.clock.now() }
  return await createFromConfig(ports, { ...requestOf({ ...schedule, ...contents }), createdBy, scheduledRun })
}
