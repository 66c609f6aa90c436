import type { DomainError } from '@yardmaster/domain'
import { QUOTA_EXCEEDED } from '../errors.ts'

type Sentences = { [Kind in DomainError['kind']]: (error: Extract<DomainError, { kind: Kind }>) => string }

/** What an administrator reads when a use case says no. A new kind does not compile until it has a sentence. */
const SENTENCES: Sentences = {
  runner_refused: () => 'The runner token is unknown or has expired.',
  registration_refused: () => 'The registration token is unknown.',
  registration_disabled: () => 'Registration tokens are switched off.',
  runner_invalid: ({ violations }) =>
    Object.entries(violations)
      .map(([attribute, sentences]) => `${FIELDS[attribute] ?? attribute}: ${sentences.join(', ')}`)
      .join('; '),
  runner_not_found: ({ id }) => `There is no runner ${id}.`,
  manager_not_found: () => 'There is no such runner manager.',
  runner_locked: ({ id }) => `Runner ${id} is locked to its projects.`,
  runner_not_assignable: ({ id, reason }) => `Runner ${id} can’t be assigned so: ${reason}.`,
  changed_since: () => 'It has changed in the meantime.',
  project_not_found: ({ id }) => `There is no project ${id}.`,
  project_damaged: ({ id, parts }) =>
    `What is stored of project ${id} is damaged (${parts.join(', ')}): it has to be set again first.`,
  group_not_found: ({ id }) => `There is no group ${id}.`,
  path_taken: ({ path }) => `path: ${JSON.stringify(path)} is taken by another project.`,
  project_invalid: ({ field, reason }) => `${field}: ${reason}`,
  project_indispensable: ({ path }) => `The project ${path} always exists; it can’t be removed or renamed.`,
  job_not_found: ({ id }) => `There is no job ${id}.`,
  job_damaged: ({ id }) => `The record of job ${id} is damaged: its definition cannot be read.`,
  job_newer: ({ id }) =>
    `A newer release of Yardmaster created job ${id}, and this one does not know all of its keywords: it waits for that release.`,
  job_refused: () => 'The job token is not this job’s.',
  job_project_deleted: () => 'The job’s project has been deleted.',
  job_erased: () => 'The job has been erased.',
  job_not_executing: ({ status }) => `The job is ${status}, no runner works on it.`,
  state_unknown: ({ status }) => `The job is ${status}; a runner can’t set that state.`,
  search_incomplete: () => 'The search was cut short, try again.',
  definition_invalid: ({ field, reason }) => `${field}: ${reason}`,
  transition_impossible: ({ id, status, reason }) => reason ?? `Job ${id} is ${status}, so this is not possible.`,
  trace_gap: ({ heldBytes }) => `The log ends at byte ${heldBytes}.`,
  trace_too_large: () => 'The log is larger than the limit.',
  pattern_invalid: ({ reason }) => `query: ${reason}`,
  artifacts_disabled: () => 'Artifacts are switched off on this instance.',
  artifact_invalid: ({ reason }) => reason,
  artifact_too_large: () => 'The artifact is larger than the limit.',
  quota_exceeded: () => QUOTA_EXCEEDED,
  artifact_not_found: () => 'There is no such artifact, or no such file in it.',
  download_unauthorized: () => 'Only a job that is running may download artifacts.',
  download_refused: () => 'The artifacts of this job are not for this project.',
  storage_failed: ({ reason }) => reason,
  webhook_not_found: ({ id }) => `There is no webhook ${id}.`,
  delivery_not_found: ({ id }) => `The webhook has no delivery ${id}.`,
  delivery_not_sendable: ({ because }) => NOT_SENDABLE[because],
  webhook_invalid: ({ field, reason }) => `${field}: ${reason}`,
}

const NOT_SENDABLE = {
  test: 'A test is not sent again; send another one.',
  switched_off: 'The webhook is switched off.',
  under_way: 'It is being sent now, or within half a minute.',
} as const

/** The protocol's attribute names, as this API spells them. */
const FIELDS: Record<string, string> = {
  tags_list: 'tagList',
  maximum_timeout: 'maximumTimeout',
  maintenance_note: 'maintenanceNote',
}

export function sentence<E extends DomainError>(error: E): string {
  const say = SENTENCES[error.kind] as (error: E) => string
  return say(error)
}
