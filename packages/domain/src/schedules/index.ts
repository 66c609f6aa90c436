/** Creates pipelines at times that a cron expression says. */
export { createSchedule } from './create-schedule.ts'
export { removeSchedule } from './remove-schedule.ts'
export { runDueSchedules } from './run-due-schedules.ts'
export { runSchedule } from './run-schedule.ts'
export {
  isPausedByFailures,
  type Schedule,
  type ScheduleConfiguration,
  type ScheduleContents,
  type StoredScheduleChanges,
  type TakenSchedule,
} from './schedule.ts'
export { updateSchedule } from './update-schedule.ts'
