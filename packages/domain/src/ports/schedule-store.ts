import type {
  NewSchedule,
  Schedule,
  ScheduleContents,
  StoredScheduleChanges,
  TakenSchedule,
} from '../schedules/schedule.ts'

/** Schedules. `JobStore` notes a run together with the pipeline that it creates. They go with their project. */
export interface ScheduleStore {
  /** Returns null when the project has been removed. */
  create(schedule: NewSchedule): Promise<Schedule | null>
  find(id: number): Promise<Schedule | null>
  /** Returns the newest first. */
  list(filter: { projectId?: number | undefined; before?: number | undefined; limit: number }): Promise<Schedule[]>
  /** Returns the encrypted parts; null when they are damaged or there are none, `newer` when a newer release stored them. */
  contents(id: number): Promise<ScheduleContents | 'newer' | null>
  update(id: number, changes: StoredScheduleChanges): Promise<Schedule | null>
  remove(id: number): Promise<boolean>
  /**
   * Takes active schedules that are due at `now`, the longest waiting first. Each is taken exactly once until `leaseMs`
   * have passed: by then its run was noted, or the taker is considered lost.
   */
  takeDue(take: { now: Date; limit: number; leaseMs: number }): Promise<TakenSchedule[]>
  /**
   * Notes that a run created no pipeline, and sets the next one. Changes nothing unless `dueAt` still is the next run.
   */
  noteRun(
    id: number,
    run: {
      readonly dueAt: Date
      readonly nextRunAt: Date | null
      /** Null when it did not run at all. */
      readonly runAt: Date | null
      readonly failures: number
      readonly lastFailure: string | null
      /** False pauses it. */
      readonly active: boolean
    },
  ): Promise<void>
}
