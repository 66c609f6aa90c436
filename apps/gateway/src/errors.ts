import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import type { DomainError } from '@yardmaster/domain'

/** What the caller hears: the first three over the runner protocol, the last over the admin API. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly trpc: TRPC_ERROR_CODE_KEY
}

type AnswerTable = { [Kind in DomainError['kind']]: (error: Extract<DomainError, { kind: Kind }>) => Answer }

export const QUOTA_EXCEEDED =
  'The project’s storage quota is used up: remove artifacts or logs of its jobs, or raise the quota in its settings.'

const FORBIDDEN = { message: '403 Forbidden' }

/** Every way a use case can say no, and what the caller hears. A new kind does not compile until it has a row. */
const ANSWERS: AnswerTable = {
  // Runners: `docs/protocol/runners.md`
  runner_refused: () => ({ status: 403, body: FORBIDDEN, trpc: 'FORBIDDEN' }),
  registration_refused: () => ({ status: 403, body: FORBIDDEN, trpc: 'FORBIDDEN' }),
  registration_disabled: () => ({
    status: 410,
    body: { message: '410 Gone - runner registration disallowed' },
    trpc: 'PRECONDITION_FAILED',
  }),
  runner_invalid: ({ violations }) => ({ status: 400, body: { message: violations }, trpc: 'BAD_REQUEST' }),
  runner_not_found: () => ({ status: 404, body: { message: '404 Runner Not Found' }, trpc: 'NOT_FOUND' }),
  // The doubled wording is the reference's: `docs/protocol/runners.md 5`.
  manager_not_found: () => ({
    status: 404,
    body: { message: '404 Runner manager not found Not Found' },
    trpc: 'NOT_FOUND',
  }),
  runner_locked: () => ({ status: 403, body: { message: '403 Forbidden - Runner is locked' }, trpc: 'CONFLICT' }),
  runner_not_assignable: ({ reason }) => ({
    status: 403,
    body: { message: `403 Forbidden - ${reason}` },
    trpc: 'CONFLICT',
  }),
  changed_since: () => ({
    status: 412,
    body: { message: '412 Precondition Failed' },
    trpc: 'PRECONDITION_FAILED',
  }),

  // Projects and groups: a runner never hears of them, except that `POST /user/runners` may name one that isn't there.
  project_not_found: () => ({
    status: 400,
    body: { message: '400 Bad request - Project not found' },
    trpc: 'NOT_FOUND',
  }),
  project_damaged: () => ({ status: 403, body: FORBIDDEN, trpc: 'UNPROCESSABLE_CONTENT' }),
  group_not_found: () => ({ status: 400, body: { message: '400 Bad request - Group not found' }, trpc: 'NOT_FOUND' }),
  path_taken: () => ({ status: 409, body: { message: '409 Conflict' }, trpc: 'CONFLICT' }),
  project_invalid: ({ field, reason }) => ({
    status: 400,
    body: { message: { [field]: [reason] } },
    trpc: 'BAD_REQUEST',
  }),
  project_indispensable: () => ({ status: 409, body: { message: '409 Conflict' }, trpc: 'CONFLICT' }),

  // Jobs: `docs/protocol/job-update.md 1.5`. To a runner an unknown job is 403, never 404: only 403 means "stop this
  // job".
  job_not_found: () => ({ status: 403, body: FORBIDDEN, trpc: 'NOT_FOUND' }),
  job_damaged: () => ({ status: 403, body: FORBIDDEN, trpc: 'UNPROCESSABLE_CONTENT' }),
  job_newer: () => ({ status: 403, body: FORBIDDEN, trpc: 'UNPROCESSABLE_CONTENT' }),
  job_refused: () => ({ status: 403, body: FORBIDDEN, trpc: 'FORBIDDEN' }),
  job_project_deleted: () => ({
    status: 403,
    body: { message: '403 Forbidden - Project has been deleted!' },
    trpc: 'CONFLICT',
  }),
  job_erased: () => ({ status: 403, body: { message: '403 Forbidden - Job has been erased!' }, trpc: 'CONFLICT' }),
  job_not_executing: ({ status }) => ({
    status: 403,
    body: { message: '403 Forbidden - Job is not processing on runner' },
    headers: { 'Job-Status': status },
    trpc: 'CONFLICT',
  }),
  // Bare digits, not an object: `docs/protocol/job-update.md 1.4`.
  state_unknown: ({ status }) => ({
    status: 400,
    body: 400,
    headers: { 'Job-Status': status },
    trpc: 'BAD_REQUEST',
  }),
  search_incomplete: () => ({ status: 409, body: { message: '409 Conflict' }, trpc: 'CONFLICT' }),
  definition_invalid: ({ field, reason }) => ({
    status: 400,
    body: { message: { [field]: [reason] } },
    trpc: 'BAD_REQUEST',
  }),
  transition_impossible: () => ({ status: 409, body: { message: '409 Conflict' }, trpc: 'CONFLICT' }),

  // Traces: `docs/protocol/trace.md 5`
  // A length, not a last index: the runner resumes at the number behind the dash.
  trace_gap: ({ heldBytes }) => ({
    status: 416,
    body: { error: '416 Range Not Satisfiable' },
    headers: { Range: `0-${heldBytes}` },
    trpc: 'CONFLICT',
  }),
  trace_too_large: () => ({ status: 403, body: { error: '403 Forbidden' }, trpc: 'PAYLOAD_TOO_LARGE' }),
  pattern_invalid: ({ reason }) => ({ status: 400, body: { message: reason }, trpc: 'BAD_REQUEST' }),

  // Artifacts: `docs/protocol/artifacts.md 3.4, 6.2`
  artifacts_disabled: () => ({
    status: 405,
    body: { message: '405 Method Not Allowed' },
    trpc: 'PRECONDITION_FAILED',
  }),
  artifact_invalid: ({ reason }) => ({ status: 400, body: { message: reason }, trpc: 'BAD_REQUEST' }),
  artifact_too_large: () => ({
    status: 413,
    body: { message: 'file size has reached maximum size limit' },
    trpc: 'PAYLOAD_TOO_LARGE',
  }),
  // As an artifact that is too large: a runner says so in the log, and does not try again.
  quota_exceeded: () => ({ status: 413, body: { message: QUOTA_EXCEEDED }, trpc: 'PAYLOAD_TOO_LARGE' }),
  artifact_not_found: () => ({ status: 404, body: { message: '404 Not Found' }, trpc: 'NOT_FOUND' }),
  // Here, and only here, bad credentials are 401 and an unknown job is 403.
  download_unauthorized: () => ({ status: 401, body: { message: '401 Unauthorized' }, trpc: 'UNAUTHORIZED' }),
  download_refused: () => ({ status: 403, body: { message: '403 Forbidden' }, trpc: 'FORBIDDEN' }),
  storage_failed: ({ reason }) => ({ status: 503, body: { message: reason }, trpc: 'SERVICE_UNAVAILABLE' }),

  // Webhooks: only the admin API knows them.
  webhook_not_found: () => ({ status: 404, body: { message: '404 Not Found' }, trpc: 'NOT_FOUND' }),
  delivery_not_found: () => ({ status: 404, body: { message: '404 Not Found' }, trpc: 'NOT_FOUND' }),
  delivery_not_sendable: () => ({ status: 409, body: { message: '409 Conflict' }, trpc: 'CONFLICT' }),
  webhook_invalid: ({ field, reason }) => ({
    status: 400,
    body: { message: { [field]: [reason] } },
    trpc: 'BAD_REQUEST',
  }),
}

/** The row for this refusal. */
export function answerTo<E extends DomainError>(error: E): Answer {
  const answer: (error: never) => Answer = ANSWERS[error.kind]
  return answer(error as never)
}
