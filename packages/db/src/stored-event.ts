import { newestVersion, openObject, type StoredForm } from '@yardmaster/common'
import { type JobRow, toJob } from './job-row.ts'

/** The fields of an event's job that are looked up, by the ids in the event, when it is sent. */
export type EventSurroundings = Pick<
  JobRow,
  'project_path' | 'ref' | 'tag' | 'sha' | 'protected' | 'runner_id' | 'manager_id'
>

/** The fields of its job that an event itself has. Times are text, as in JSON. */
export type StoredEvent = {
  readonly [Key in Exclude<
    keyof JobRow,
    'project_path' | 'ref' | 'tag' | 'sha' | 'protected' | 'log_removed_at'
  >]: Date extends JobRow[Key] ? string | Exclude<JobRow[Key], Date> : JobRow[Key]
}

const GIVEN = { since: 1 } as const
const NULL_BEFORE = { since: 2, absent: null } as const

/**
 * The stored form of an event. The function `job_event` of the migrations writes it, and must change with this form.
 * The first releases stored the job's whole row without a version: it has these keys, and others that are not read.
 */
export const EVENT: StoredForm<StoredEvent> = {
  id: GIVEN,
  name: GIVEN,
  stage: GIVEN,
  status: {
    since: 1,
    words: {
      created: 1,
      waiting_for_resource: 1,
      preparing: 1,
      manual: 1,
      scheduled: 1,
      pending: 1,
      running: 1,
      canceling: 1,
      success: 1,
      failed: 1,
      canceled: 1,
      skipped: 1,
    },
  },
  pipeline_id: GIVEN,
  project_id: GIVEN,
  tags: GIVEN,
  runner_id: GIVEN,
  manager_id: GIVEN,
  failure_reason: GIVEN,
  exit_code: GIVEN,
  allow_failure: GIVEN,
  timeout: GIVEN,
  timeout_source: { since: 1, words: { job: 1, project: 1, runner: 1 } },
  debug_trace: GIVEN,
  created_at: GIVEN,
  start_at: GIVEN,
  queued_at: GIVEN,
  started_at: GIVEN,
  finished_at: GIVEN,
  erased_at: GIVEN,
  updated_at: GIVEN,
  artifacts_expire_at: GIVEN,
  trace_size: GIVEN,
  trace_crc: GIVEN,
  trace_invalid: GIVEN,
  trace_corrupted: GIVEN,
  retried_by: GIVEN,
  retry_of: GIVEN,
  dependencies: GIVEN,
  resource_group: GIVEN,
  stage_index: { since: 2, absent: 0 },
  by_stage: { since: 2, absent: true },
  needs: NULL_BEFORE,
  starts_when: { ...NULL_BEFORE, words: { on_success: 2, on_failure: 2, always: 2, manual: 2, delayed: 2 } },
  interruptible: { since: 2, absent: false },
  coverage: NULL_BEFORE,
  environment: NULL_BEFORE,
  parallel_index: NULL_BEFORE,
  parallel_total: NULL_BEFORE,
  kind: { since: 3, absent: 'build', words: { build: 3, trigger: 3 } },
  strategy: { since: 3, absent: null, words: { depend: 3, mirror: 3 } },
  downstream_pipeline_id: { since: 3, absent: null },
  failure_detail: { since: 3, absent: null },
}

/** Events of newer versions are left to the processes that write them. */
export const EVENT_VERSION = newestVersion(EVENT)

/**
 * Returns a stored event in the present form, whichever release wrote it.
 *
 * @throws TypeError for a value that is not an event; NewerFormError.
 */
export function readEvent(stored: unknown): StoredEvent {
  const event = openObject(EVENT, stored)
  // The first releases stored 0 when no exit code was sent.
  const isFirst = (stored as { version?: unknown }).version === undefined
  return isFirst && event.exit_code === 0 ? { ...event, exit_code: null } : event
}

/** Returns the job of an event, right after the change. */
export const jobOfEvent = (event: StoredEvent, surroundings: EventSurroundings) =>
  toJob({
    ...event,
    ...surroundings,
    created_at: new Date(event.created_at),
    start_at: time(event.start_at),
    queued_at: time(event.queued_at),
    started_at: time(event.started_at),
    finished_at: time(event.finished_at),
    erased_at: time(event.erased_at),
    // Jobs do not change their status after that.
    log_removed_at: null,
    updated_at: new Date(event.updated_at),
    artifacts_expire_at: time(event.artifacts_expire_at),
  })

const time = (text: string | null): Date | null => (text === null ? null : new Date(text))
