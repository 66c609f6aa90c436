import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import type { Fault } from '@yardmaster/ci-config'
import type { DomainError } from '@yardmaster/domain'

/** A field of the input and the error in it. */
export interface FieldFault {
  /** The path as the caller writes it, for example `variables[2].key`; empty for the input as a whole. */
  readonly path: string
  readonly message: string
}

/** Refusals of the admin API itself, before or after any use case. */
export type ApiRefusal =
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'cross_site' }
  | { readonly kind: 'input_invalid'; readonly fields: readonly FieldFault[]; readonly sentence?: string }
  | { readonly kind: 'body_invalid'; readonly reason: string }
  | { readonly kind: 'body_too_large'; readonly reason: string }
  | { readonly kind: 'body_too_slow' }
  | { readonly kind: 'answers_too_large'; readonly limitMib: number }
  | { readonly kind: 'procedure_not_found'; readonly sentence: string }
  /** Any other refusal by tRPC itself, such as for invalid JSON or a wrong method. */
  | {
      readonly kind: 'request_invalid'
      readonly sentence: string
      readonly code: TRPC_ERROR_CODE_KEY
      readonly status: number
    }
  | { readonly kind: 'internal_error' }

export type Refusal = DomainError | ApiRefusal

/** The answer to a runner. */
export interface ProtocolAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal as data, for programs; the same in tRPC errors, downloads and REST problems. */
interface RefusalData {
  readonly kind: Refusal['kind']
  /** Empty when the cause is not a field. */
  readonly fields: readonly FieldFault[]
  /** The values in the sentence: ids, a status, a length. */
  readonly details: Readonly<Record<string, string | number | readonly string[]>>
  /** The faults of a configuration; only with `config_invalid`. */
  readonly errors?: readonly Fault[]
}

/** A refusal for people and their programs. */
export interface DescribedRefusal {
  readonly code: TRPC_ERROR_CODE_KEY
  /** The HTTP status for calls with an answer of their own: downloads and REST routes. */
  readonly status: number
  readonly sentence: string
  readonly refusal: RefusalData
}

/** The codes in use, with the statuses that tRPC gives them. */
const STATUS = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TIMEOUT: 408,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNPROCESSABLE_CONTENT: 422,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const satisfies Partial<Record<TRPC_ERROR_CODE_KEY, number>>

type Coded =
  | { readonly code: keyof typeof STATUS; readonly status?: undefined }
  /** A status that is more specific than the code. */
  | { readonly code: TRPC_ERROR_CODE_KEY; readonly status: number }

type Row = Coded & {
  readonly sentence: string
  readonly fields?: readonly FieldFault[]
  readonly details?: RefusalData['details']
  readonly errors?: RefusalData['errors']
}
type DomainRow = Row & { readonly protocol: ProtocolAnswer }

type Table = {
  readonly [Kind in DomainError['kind']]: (error: Extract<DomainError, { kind: Kind }>) => DomainRow
} & { readonly [Kind in ApiRefusal['kind']]: (refusal: Extract<ApiRefusal, { kind: Kind }>) => Row }

const answer = (
  status: number,
  message: unknown,
  headers?: Readonly<Record<string, string>>,
): { readonly protocol: ProtocolAnswer } => ({ protocol: { status, body: { message }, ...(headers && { headers }) } })

const FORBIDDEN = answer(403, '403 Forbidden')
const NOT_FOUND = answer(404, '404 Not Found')
const CONFLICT = answer(409, '409 Conflict')

/** The attribute names of the runner protocol, as the admin API spells them. */
const FIELDS: Readonly<Record<string, string>> = {
  tags_list: 'tagList',
  maximum_timeout: 'maximumTimeout',
  maintenance_note: 'maintenanceNote',
}

const QUOTA_EXCEEDED =
  'The project’s storage quota is used up: remove artifacts or logs of its jobs, or raise the quota in its settings.'

const NOT_SENDABLE = {
  test: 'A test is not sent again; send a new one.',
  switched_off: 'The webhook is switched off.',
  under_way: 'It is being sent now, or will be within half a minute.',
} as const

const listed = (fields: readonly FieldFault[]): string =>
  fields.map(({ path, message }) => `${path || 'input'}: ${message}`).join('; ')

/** Makes a row for fields, which its sentence names one after the other. */
const about = (...fields: FieldFault[]) => ({ code: 'BAD_REQUEST', fields, sentence: listed(fields) }) as const

/** Makes a row for one field that a use case named. */
const aboutField = ({ field, reason }: { readonly field: string; readonly reason: string }) => ({
  ...about({ path: field, message: reason }),
  ...answer(400, { [field]: [reason] }),
})

/**
 * All refusals: the code and the sentence for people, and the protocol's answer for runners. A new kind does not
 * compile until it has a row.
 */
const REFUSALS: Table = {
  // Runners: `docs/protocol/runners.md`
  runner_refused: () => ({
    code: 'FORBIDDEN',
    sentence: 'The runner token is unknown or has expired.',
    ...FORBIDDEN,
  }),
  registration_refused: () => ({ code: 'FORBIDDEN', sentence: 'The registration token is unknown.', ...FORBIDDEN }),
  registration_disabled: () => ({
    code: 'PRECONDITION_FAILED',
    sentence: 'Registration tokens are switched off.',
    ...answer(410, '410 Gone - runner registration disallowed'),
  }),
  runner_invalid: ({ violations }) => ({
    ...about(
      ...Object.entries(violations).map(([attribute, sentences]) => ({
        path: FIELDS[attribute] ?? attribute,
        message: sentences.join(', '),
      })),
    ),
    ...answer(400, violations),
  }),
  runner_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no runner ${id}.`,
    details: { id },
    ...answer(404, '404 Runner Not Found'),
  }),
  // The doubled wording is the reference's: `docs/protocol/runners.md 5`.
  manager_not_found: () => ({
    code: 'NOT_FOUND',
    sentence: 'There is no such runner manager.',
    ...answer(404, '404 Runner manager not found Not Found'),
  }),
  runner_locked: ({ id }) => ({
    code: 'CONFLICT',
    sentence: `Runner ${id} is locked to its projects.`,
    details: { id },
    ...answer(403, '403 Forbidden - Runner is locked'),
  }),
  runner_not_assignable: ({ id, reason }) => ({
    code: 'CONFLICT',
    sentence: `Runner ${id} can’t be assigned like this: ${reason}.`,
    details: { id },
    ...answer(403, `403 Forbidden - ${reason}`),
  }),
  changed_since: () => ({
    code: 'PRECONDITION_FAILED',
    sentence: 'It has changed in the meantime.',
    ...answer(412, '412 Precondition Failed'),
  }),

  // Projects and groups: in the protocol only `POST /user/runners` names them, and may name a missing one.
  project_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no project ${id}.`,
    details: { id },
    ...answer(400, '400 Bad request - Project not found'),
  }),
  project_damaged: ({ id, parts }) => ({
    code: 'UNPROCESSABLE_CONTENT',
    sentence: `The stored values of project ${id} are damaged (${parts.join(', ')}): set them again first.`,
    details: { id, parts },
    ...FORBIDDEN,
  }),
  group_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no group ${id}.`,
    details: { id },
    ...answer(400, '400 Bad request - Group not found'),
  }),
  path_taken: ({ path }) => ({
    ...about({ path: 'path', message: `${JSON.stringify(path)} is taken by another project.` }),
    code: 'CONFLICT',
    details: { path },
    ...CONFLICT,
  }),
  project_invalid: aboutField,
  project_indispensable: ({ path }) => ({
    code: 'CONFLICT',
    sentence: `The project ${path} always exists; it can’t be removed or renamed.`,
    details: { path },
    ...CONFLICT,
  }),

  // Jobs: `docs/protocol/job-update.md 1.5`. To a runner an unknown job is 403, never 404: only 403 means "stop this
  // job".
  project_token_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no project token ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  project_token_invalid: aboutField,

  job_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no job ${id}.`,
    details: { id },
    ...FORBIDDEN,
  }),
  job_damaged: ({ id }) => ({
    code: 'UNPROCESSABLE_CONTENT',
    sentence: `Job ${id} is damaged: its definition cannot be read.`,
    details: { id },
    ...FORBIDDEN,
  }),
  job_newer: ({ id }) => ({
    code: 'UNPROCESSABLE_CONTENT',
    sentence: `A newer release of Yardmaster created job ${id} with keywords that this one does not know: the job waits for that release.`,
    details: { id },
    ...FORBIDDEN,
  }),
  job_refused: () => ({ code: 'FORBIDDEN', sentence: 'The job token does not belong to this job.', ...FORBIDDEN }),
  job_project_deleted: () => ({
    code: 'CONFLICT',
    sentence: 'The job’s project has been deleted.',
    ...answer(403, '403 Forbidden - Project has been deleted!'),
  }),
  job_erased: () => ({
    code: 'CONFLICT',
    status: 410,
    sentence: 'The job has been erased.',
    ...answer(403, '403 Forbidden - Job has been erased!'),
  }),
  log_removed: ({ at }) => ({
    code: 'CONFLICT',
    status: 410,
    sentence: `The log was removed on ${at.toISOString().slice(0, 10)}, because it was older than logs are kept here.`,
    details: { at: at.toISOString() },
    ...NOT_FOUND,
  }),
  job_not_executing: ({ status }) => ({
    code: 'CONFLICT',
    sentence: `The job is ${status}: no runner is working on it.`,
    details: { status },
    ...answer(403, '403 Forbidden - Job is not processing on runner', { 'Job-Status': status }),
  }),
  // A bare number, not an object: `docs/protocol/job-update.md 1.4`.
  state_unknown: ({ status }) => ({
    code: 'BAD_REQUEST',
    sentence: `The job is ${status}; a runner can’t set that state.`,
    details: { status },
    protocol: { status: 400, body: 400, headers: { 'Job-Status': status } },
  }),
  search_incomplete: () => ({ code: 'CONFLICT', sentence: 'The search was cut short; try again.', ...CONFLICT }),
  definition_invalid: aboutField,
  transition_impossible: ({ id, status, reason }) => ({
    code: 'CONFLICT',
    sentence: reason ?? `Job ${id} is ${status}, so this is not possible.`,
    details: { id, status },
    ...CONFLICT,
  }),

  // Configurations: no runner ever gets these.
  config_invalid: ({ errors }) => ({
    code: 'BAD_REQUEST',
    sentence: `The configuration does not compile: ${errors[0]?.message ?? ''}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`,
    errors,
    ...answer(400, '400 Bad request - The configuration does not compile'),
  }),
  pipeline_filtered: () => ({
    code: 'BAD_REQUEST',
    sentence: 'The rules of the workflow refuse this pipeline.',
    ...answer(400, '400 Bad request - Pipeline filtered out by workflow rules'),
  }),
  pipeline_empty: () => ({
    code: 'BAD_REQUEST',
    sentence: 'The pipeline would be empty: the rules leave out all jobs, or all outside of .pre and .post.',
    ...answer(400, '400 Bad request - The resulting pipeline would have been empty'),
  }),
  config_missing: ({ path, sha }) =>
    path === null || sha === null
      ? {
          ...about({ path: 'content', message: 'missing; the project has no repository that it could be read from' }),
          ...answer(400, '400 Bad request - content is missing'),
        }
      : {
          code: 'BAD_REQUEST',
          // The first words are the reference's.
          sentence: `Missing CI config file: the commit ${sha.slice(0, 8)} has no ${path}.`,
          details: { path, sha },
          ...answer(400, '400 Bad request - Missing CI config file'),
        },
  compiler_busy: () => ({
    code: 'SERVICE_UNAVAILABLE',
    sentence: 'Too many configurations are being compiled: try again in a moment.',
    ...answer(503, '503 Service Unavailable'),
  }),

  // Repositories: no runner ever gets these.
  repository_missing: ({ projectId }) => ({
    code: 'BAD_REQUEST',
    sentence: 'The project has no repository: give it the address of one, or push to its own.',
    details: { projectId },
    ...answer(400, '400 Bad request - The project has no repository'),
  }),
  repository_unavailable: ({ projectId, reason }) => ({
    code: 'BAD_REQUEST',
    sentence: reason,
    details: { projectId },
    ...answer(400, '400 Bad request - The repository is not available'),
  }),
  ref_not_found: ({ ref }) => ({
    ...about({ path: 'ref', message: `the repository has no branch or tag ${JSON.stringify(ref)}` }),
    ...answer(400, '400 Bad request - Reference not found'),
  }),
  commit_not_found: ({ sha }) => ({
    ...about({ path: 'sha', message: `the repository has no commit ${sha}` }),
    ...answer(400, '400 Bad request - Commit not found'),
  }),

  // Pipelines: no runner ever gets these.
  pipeline_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no pipeline ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  pipeline_over: ({ id, status }) => ({
    code: 'CONFLICT',
    sentence: `Pipeline ${id} is ${status}: no job of it can be canceled.`,
    details: { id, status },
    ...CONFLICT,
  }),
  pipeline_under_way: ({ id, status }) => ({
    code: 'CONFLICT',
    sentence: `Pipeline ${id} is ${status}: cancel it before it is removed.`,
    details: { id, status },
    ...CONFLICT,
  }),
  pipeline_not_retryable: ({ id, reason }) => ({ code: 'CONFLICT', sentence: reason, details: { id }, ...CONFLICT }),

  // Schedules: no runner ever gets these.
  schedule_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no schedule ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  schedule_invalid: aboutField,
  schedule_unreadable: ({ id, because }) => ({
    code: 'CONFLICT',
    sentence:
      because === 'newer'
        ? `A newer release stored schedule ${id}: this one can't read all of it.`
        : `The stored configuration of schedule ${id} can no longer be read: set it again, with its variables.`,
    details: { id, because },
    ...CONFLICT,
  }),

  // Environments: no runner ever gets these.
  environment_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no environment ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  environment_not_stoppable: ({ id, state, reason }) => ({
    code: 'CONFLICT',
    sentence: reason,
    details: { id, state },
    ...CONFLICT,
  }),
  environment_not_stopped: ({ id, state }) => ({
    code: 'CONFLICT',
    sentence: `Environment ${id} is ${state}. Only a stopped environment can be removed.`,
    details: { id, state },
    ...CONFLICT,
  }),

  // Resource groups: no runner ever gets these.
  resource_group_not_found: ({ projectId, name }) => ({
    code: 'NOT_FOUND',
    sentence: `No job of project ${projectId} has named the resource group ${name}.`,
    details: { projectId, name },
    ...NOT_FOUND,
  }),

  // Traces: `docs/protocol/trace.md 5`
  // A length, not the last offset: the runner resumes at the number after the dash.
  trace_gap: ({ storedBytes }) => ({
    code: 'CONFLICT',
    sentence: `The log ends at byte ${storedBytes}.`,
    details: { storedBytes },
    protocol: {
      status: 416,
      body: { error: '416 Range Not Satisfiable' },
      headers: { Range: `0-${storedBytes}` },
    },
  }),
  trace_too_large: () => ({
    code: 'PAYLOAD_TOO_LARGE',
    sentence: 'The log is larger than the limit.',
    protocol: { status: 403, body: { error: '403 Forbidden' } },
  }),
  pattern_invalid: ({ reason }) => ({ ...about({ path: 'query', message: reason }), ...answer(400, reason) }),

  // Artifacts: `docs/protocol/artifacts.md 3.4, 6.2`
  artifacts_disabled: () => ({
    code: 'PRECONDITION_FAILED',
    sentence: 'Artifacts are switched off on this instance.',
    ...answer(405, '405 Method Not Allowed'),
  }),
  artifact_invalid: ({ reason }) => ({ code: 'BAD_REQUEST', sentence: reason, ...answer(400, reason) }),
  artifact_too_large: () => ({
    code: 'PAYLOAD_TOO_LARGE',
    sentence: 'The artifact is larger than the limit.',
    ...answer(413, 'file size has reached maximum size limit'),
  }),
  // Like an artifact that is too large, so that the runner reports it in the log and does not retry.
  quota_exceeded: () => ({ code: 'PAYLOAD_TOO_LARGE', sentence: QUOTA_EXCEEDED, ...answer(413, QUOTA_EXCEEDED) }),
  artifact_not_found: () => ({
    code: 'NOT_FOUND',
    sentence: 'There is no such artifact, or no such file in it.',
    ...NOT_FOUND,
  }),
  // Only here bad credentials are answered with 401 and an unknown job with 403.
  download_unauthorized: () => ({
    code: 'UNAUTHORIZED',
    sentence: 'Only a running job may download artifacts.',
    ...answer(401, '401 Unauthorized'),
  }),
  download_refused: () => ({
    code: 'FORBIDDEN',
    sentence: 'This project may not download the artifacts of this job.',
    ...FORBIDDEN,
  }),
  storage_failed: ({ reason }) => ({ code: 'SERVICE_UNAVAILABLE', sentence: reason, ...answer(503, reason) }),

  // Commit statuses: no runner ever gets these.
  commit_status_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no commit status ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  commit_status_not_sendable: ({ id }) => ({
    code: 'CONFLICT',
    sentence: 'The project sends no commit statuses any more.',
    details: { id },
    ...CONFLICT,
  }),

  // Webhooks: no runner ever gets these.
  webhook_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no webhook ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  delivery_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `The webhook has no delivery ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  delivery_not_sendable: ({ id, because }) => ({
    code: 'CONFLICT',
    sentence: NOT_SENDABLE[because],
    details: { id, because },
    ...CONFLICT,
  }),
  webhook_invalid: aboutField,

  // Incoming hooks: senders get these, and administrators the last three.
  hook_refused: () => ({
    code: 'UNAUTHORIZED',
    sentence: 'The project is unknown or has no secret for hooks, or the signature or token is not made with it.',
    ...answer(401, '401 Unauthorized'),
  }),
  hook_malformed: ({ reason }) => ({ code: 'BAD_REQUEST', sentence: reason, ...answer(400, reason) }),
  hook_delivery_not_found: ({ id }) => ({
    code: 'NOT_FOUND',
    sentence: `There is no delivery ${id}.`,
    details: { id },
    ...NOT_FOUND,
  }),
  hook_delivery_under_way: ({ id }) => ({
    code: 'CONFLICT',
    sentence: `Delivery ${id} is being worked on: try again in a moment.`,
    details: { id },
    ...CONFLICT,
  }),
  hook_delivery_not_waiting: ({ id }) => ({
    code: 'CONFLICT',
    sentence: `Delivery ${id} does not wait to be approved.`,
    details: { id },
    ...CONFLICT,
  }),

  // The admin API itself
  unauthenticated: () => ({ code: 'UNAUTHORIZED', sentence: 'Sign in, or send an administrator’s token.' }),
  cross_site: () => ({
    code: 'FORBIDDEN',
    sentence: 'A session may make changes only from the dashboard’s own pages.',
  }),
  input_invalid: ({ fields, sentence = listed(fields) }) => ({ code: 'BAD_REQUEST', fields, sentence }),
  body_invalid: ({ reason }) => ({ code: 'BAD_REQUEST', sentence: reason }),
  body_too_large: ({ reason }) => ({ code: 'PAYLOAD_TOO_LARGE', sentence: reason }),
  body_too_slow: () => ({ code: 'TIMEOUT', sentence: 'The body arrived too slowly.' }),
  answers_too_large: ({ limitMib }) => ({
    code: 'PAYLOAD_TOO_LARGE',
    sentence: `The answers to this request exceed ${limitMib} MiB together: send fewer calls at once.`,
    details: { limitMib },
  }),
  procedure_not_found: ({ sentence }) => ({ code: 'NOT_FOUND', sentence }),
  request_invalid: ({ sentence, code, status }) => ({ code, status, sentence }),
  internal_error: () => ({ code: 'INTERNAL_SERVER_ERROR', sentence: 'Something went wrong on the server.' }),
}

export const REFUSAL_KINDS = Object.keys(REFUSALS) as Refusal['kind'][]

/** Returns a refusal for people and their programs. */
export function describeRefusal(refusal: Refusal): DescribedRefusal {
  const row = (REFUSALS[refusal.kind] as (refusal: Refusal) => Row)(refusal)
  const { code, sentence, fields = [], details = {}, errors } = row
  const status = row.status === undefined ? STATUS[row.code] : row.status
  return { code, status, sentence, refusal: { kind: refusal.kind, fields, details, ...(errors && { errors }) } }
}

/** Returns the answer to a runner when a use case refuses. */
export function answerRunner(error: DomainError): ProtocolAnswer {
  return (REFUSALS[error.kind] as (error: DomainError) => DomainRow)(error).protocol
}
