import { newestVersion, openObject, type StoredForm } from '@yardmaster/common'
import type { PipelineInEvent } from '@yardmaster/domain/webhooks'

/** What an event keeps of its pipeline. Times are text, as in JSON. */
export interface StoredPipelineEvent {
  readonly id: number
  readonly iid: number
  readonly project_id: number
  readonly status: PipelineInEvent['status']
  readonly ref: string
  readonly tag: boolean
  readonly sha: string | null
  readonly before_sha: string | null
  readonly source: string
  readonly name: string | null
  readonly commit_title: string | null
  readonly created_by: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly duration: number | null
  readonly coverage: number | null
  readonly parent_id: number | null
  readonly run: string | null
}

const GIVEN = { since: 1 } as const

/** The stored form. The function `pipeline_event` of the migrations writes it, and must change with this form. */
export const PIPELINE_EVENT: StoredForm<StoredPipelineEvent> = {
  id: GIVEN,
  iid: GIVEN,
  project_id: GIVEN,
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
  ref: GIVEN,
  tag: GIVEN,
  sha: GIVEN,
  before_sha: GIVEN,
  source: GIVEN,
  name: GIVEN,
  commit_title: GIVEN,
  created_by: GIVEN,
  created_at: GIVEN,
  started_at: GIVEN,
  finished_at: GIVEN,
  duration: GIVEN,
  coverage: GIVEN,
  parent_id: GIVEN,
  run: { since: 2, absent: null },
}

/** Events of newer versions are left to the processes that write them. */
export const PIPELINE_EVENT_VERSION = newestVersion(PIPELINE_EVENT)

/** @throws TypeError for a value that is not an event; NewerFormError. */
export const readPipelineEvent = (stored: unknown): StoredPipelineEvent => openObject(PIPELINE_EVENT, stored)

/** Returns the pipeline of an event, right after the change. */
export const pipelineOfEvent = (event: StoredPipelineEvent, projectPath: string): PipelineInEvent => ({
  id: event.id,
  iid: event.iid,
  projectId: event.project_id,
  projectPath,
  status: event.status,
  ref: event.ref,
  tag: event.tag,
  sha: event.sha,
  beforeSha: event.before_sha,
  source: event.source,
  name: event.name,
  commitTitle: event.commit_title,
  createdBy: event.created_by,
  createdAt: new Date(event.created_at),
  startedAt: time(event.started_at),
  finishedAt: time(event.finished_at),
  duration: event.duration,
  coverage: event.coverage,
  parentId: event.parent_id,
  run: event.run,
})

const time = (text: string | null): Date | null => (text === null ? null : new Date(text))
