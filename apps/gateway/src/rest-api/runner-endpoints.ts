import { z } from 'zod'
import { IssuedTokenShape, RefusalShape, RunnerIdentityShape, UploadAdmissionShape } from '../runner-api/answers.ts'
import { appendTraceParameters } from '../runner-api/append-trace.ts'
import { authorizeArtifactParameters } from '../runner-api/authorize-artifact.ts'
import { createUserRunnerParameters } from '../runner-api/create-user-runner.ts'
import { discoverRouterParameters } from '../runner-api/discover-router.ts'
import { downloadArtifactParameters } from '../runner-api/download-artifact.ts'
import { JobPayloadShape } from '../runner-api/job-payload-shape.ts'
import { registerRunnerParameters } from '../runner-api/register-runner.ts'
import { removeManagerParameters } from '../runner-api/remove-manager.ts'
import { removeRunnerParameters } from '../runner-api/remove-runner.ts'
import { requestJobParameters } from '../runner-api/request-job.ts'
import { resetOwnTokenParameters, resetTokenParameters } from '../runner-api/reset-token.ts'
import type { RUNNER_ROUTES } from '../runner-api/routes.ts'
import { updateJobParameters } from '../runner-api/update-job.ts'
import { uploadArtifactParameters } from '../runner-api/upload-artifact.ts'
import { verifyRunnerParameters } from '../runner-api/verify-runner.ts'
import type { JsonSchema } from './json-schema.ts'

type Spelled = `${(typeof RUNNER_ROUTES)[number][0]} /${string}`

/** The shape of a body by its content type. */
export type Content = Readonly<Record<string, z.ZodType>>

export interface RunnerEndpoint {
  readonly summary: string
  /** The document in `docs/protocol` that describes it. */
  readonly document: string
  /** Null when it reads no parameters. */
  readonly parameters: JsonSchema | null
  /** The kind of its body: parameters, or bytes of this content type; null without a body. */
  readonly body: 'parameters' | 'text/plain' | 'multipart/form-data' | null
  readonly requestHeaders?: readonly string[]
  readonly responseHeaders?: Readonly<Record<number, readonly string[]>>
  /** Answers by status, besides those of `anywhere`; null for an answer without a body. */
  readonly answers: Readonly<Record<number, Content | null>>
}

export const Bytes = z.string()
const JSON_TYPE = 'application/json'
const json = (shape: z.ZodType): Content => ({ [JSON_TYPE]: shape })
const REFUSAL = json(RefusalShape)
/** Plain text, as in answers of the reference's front proxy. */
const PLAIN: Content = { 'text/plain': Bytes }

/** Returns refusals with these statuses. */
const refusals = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, REFUSAL]))

/** Returns the answers that every endpoint may give: `docs/protocol/common.md 1 to 5, 11`. */
export function anywhere({ parameters, body }: RunnerEndpoint): RunnerEndpoint['answers'] {
  return {
    400: { ...REFUSAL, ...PLAIN },
    ...refusals(406, 500),
    ...(parameters && refusals(429)),
    ...(body && refusals(408, 413, 503)),
    ...(body === 'parameters' && refusals(415)),
  }
}

/** All endpoints of the protocol, with the parameters that they actually read. */
export const ENDPOINTS: Readonly<Record<Spelled, RunnerEndpoint>> = {
  'post /jobs/request': {
    summary: 'Requests a job.',
    document: 'job-request',
    parameters: requestJobParameters.accepted,
    body: 'parameters',
    responseHeaders: { 201: ['Gitlab-Ci-Builds-Polling'], 204: ['X-GitLab-Last-Update', 'Gitlab-Ci-Builds-Polling'] },
    answers: { 201: json(JobPayloadShape), 204: null, ...refusals(403, 409), 413: PLAIN },
  },
  'put /jobs/:id': {
    summary: 'Reports the state of a job.',
    document: 'job-update',
    parameters: updateJobParameters.accepted,
    body: 'parameters',
    responseHeaders: { 200: ['Job-Status'], 400: ['Job-Status'], 403: ['Job-Status'] },
    answers: {
      200: json(z.literal(200)),
      400: { [JSON_TYPE]: z.union([RefusalShape, z.literal(400)]), ...PLAIN },
      ...refusals(403),
    },
  },
  'patch /jobs/:id/trace': {
    summary: 'Appends to the log of a job.',
    document: 'trace',
    parameters: appendTraceParameters.accepted,
    body: 'text/plain',
    requestHeaders: ['JOB-TOKEN', 'Content-Range'],
    responseHeaders: {
      202: ['Range', 'Job-Status', 'X-GitLab-Trace-Update-Interval'],
      403: ['Job-Status'],
      416: ['Range'],
    },
    answers: { 202: null, ...refusals(403, 416) },
  },
  'post /jobs/:id/artifacts': {
    summary: 'Uploads an artifact.',
    document: 'artifacts',
    parameters: uploadArtifactParameters.accepted,
    body: 'multipart/form-data',
    requestHeaders: ['JOB-TOKEN'],
    answers: { 201: json(z.literal(201)), ...refusals(403, 405) },
  },
  'get /jobs/:id/artifacts': {
    summary: 'Downloads the archive of a job.',
    document: 'artifacts',
    parameters: downloadArtifactParameters.accepted,
    body: null,
    requestHeaders: ['JOB-TOKEN', 'Range'],
    responseHeaders: { 302: ['Location'], 206: ['Content-Range'] },
    answers: {
      200: { 'application/octet-stream': Bytes },
      206: { 'application/octet-stream': Bytes },
      302: PLAIN,
      304: null,
      416: null,
      ...refusals(401, 403, 404, 503),
    },
  },
  'post /jobs/:id/artifacts/authorize': {
    summary: 'Checks whether an upload would be accepted.',
    document: 'artifacts',
    parameters: authorizeArtifactParameters.accepted,
    body: 'parameters',
    requestHeaders: ['JOB-TOKEN'],
    answers: { 200: { 'application/vnd.gitlab-workhorse+json': UploadAdmissionShape }, ...refusals(403, 405) },
  },
  'post /runners': {
    summary: 'Registers a runner with a registration token.',
    document: 'runners',
    parameters: registerRunnerParameters.accepted,
    body: 'parameters',
    answers: { 201: json(RunnerIdentityShape), ...refusals(403, 410) },
  },
  'delete /runners': {
    summary: 'Removes a runner by its token.',
    document: 'runners',
    parameters: removeRunnerParameters.accepted,
    body: 'parameters',
    requestHeaders: ['If-Unmodified-Since'],
    answers: { 204: null, ...refusals(403, 412) },
  },
  'post /runners/verify': {
    summary: 'Verifies a runner token.',
    document: 'runners',
    parameters: verifyRunnerParameters.accepted,
    body: 'parameters',
    answers: { 200: json(RunnerIdentityShape), ...refusals(403) },
  },
  'delete /runners/managers': {
    summary: 'Removes one manager of a runner.',
    document: 'runners',
    parameters: removeManagerParameters.accepted,
    body: 'parameters',
    requestHeaders: ['If-Unmodified-Since'],
    answers: { 204: null, ...refusals(403, 404, 412) },
  },
  'post /runners/reset_authentication_token': {
    summary: 'Lets a runner replace its own token.',
    document: 'runners',
    parameters: resetOwnTokenParameters.accepted,
    body: 'parameters',
    answers: { 201: json(IssuedTokenShape), ...refusals(403) },
  },
  'post /runners/:id/reset_authentication_token': {
    summary: 'Replaces the token of a runner.',
    document: 'runners',
    parameters: resetTokenParameters.accepted,
    body: 'parameters',
    requestHeaders: ['PRIVATE-TOKEN'],
    answers: { 201: json(IssuedTokenShape), ...refusals(401, 404) },
  },
  'post /user/runners': {
    summary: 'Creates a runner.',
    document: 'runners',
    parameters: createUserRunnerParameters.accepted,
    body: 'parameters',
    requestHeaders: ['PRIVATE-TOKEN'],
    answers: { 201: json(RunnerIdentityShape), ...refusals(401) },
  },
  'get /runners/router/discovery': {
    summary: 'Answers that there is no Job Router.',
    document: 'runners',
    parameters: discoverRouterParameters.accepted,
    body: null,
    requestHeaders: ['Runner-Token'],
    answers: refusals(403, 501),
  },
  'get /runners': {
    summary: 'Is not offered.',
    document: 'common',
    parameters: null,
    body: null,
    answers: refusals(401),
  },
  'get /runners/:id': {
    summary: 'Is not offered.',
    document: 'common',
    parameters: null,
    body: null,
    answers: refusals(401),
  },
}
