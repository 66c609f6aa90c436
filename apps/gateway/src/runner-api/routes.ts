import { Router } from 'express'
import { appendTraceRoute } from './append-trace.ts'
import { auditRunners } from './audit-runners.ts'
import { authorizeArtifactRoute } from './authorize-artifact.ts'
import type { Endpoint, RunnerContext } from './context.ts'
import { createUserRunnerRoute } from './create-user-runner.ts'
import { discoverRouterRoute } from './discover-router.ts'
import { downloadArtifactRoute } from './download-artifact.ts'
import { registerRunnerRoute } from './register-runner.ts'
import { removeManagerRoute } from './remove-manager.ts'
import { removeRunnerRoute } from './remove-runner.ts'
import { requestJobRoute } from './request-job.ts'
import { resetOwnTokenRoute, resetTokenRoute } from './reset-token.ts'
import { alsoAllows, answerUnrouted, beforeRouting, unauthorized, unlessOtherFormat } from './routing.ts'
import { updateJobRoute } from './update-job.ts'
import { uploadArtifactRoute } from './upload-artifact.ts'
import { verifyRunnerRoute } from './verify-runner.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
/** The label of a route's requests in the metrics. There are few, because each one is a series. */
type Label = 'job_request' | 'job_update' | 'trace_patch' | 'artifact_upload' | 'artifact_download' | 'runner_api'
type Row = readonly [Method, path: string, endpoint: Endpoint, label: Label]

/** The protocol's routes, most frequent first. `rest-api/runner-endpoints.ts` says what each takes and answers. */
export const RUNNER_ROUTES: readonly Row[] = [
  // docs/protocol/job-request.md, docs/protocol/job-update.md, docs/protocol/trace.md
  ['post', '/jobs/request', requestJobRoute, 'job_request'],
  ['put', '/jobs/:id', updateJobRoute, 'job_update'],
  ['patch', '/jobs/:id/trace', appendTraceRoute, 'trace_patch'],
  // docs/protocol/artifacts.md
  ['post', '/jobs/:id/artifacts', uploadArtifactRoute, 'artifact_upload'],
  ['get', '/jobs/:id/artifacts', downloadArtifactRoute, 'artifact_download'],
  ['post', '/jobs/:id/artifacts/authorize', authorizeArtifactRoute, 'runner_api'],
  // docs/protocol/runners.md
  ['post', '/runners', registerRunnerRoute, 'runner_api'],
  ['delete', '/runners', removeRunnerRoute, 'runner_api'],
  ['post', '/runners/verify', verifyRunnerRoute, 'runner_api'],
  ['delete', '/runners/managers', removeManagerRoute, 'runner_api'],
  ['post', '/runners/reset_authentication_token', resetOwnTokenRoute, 'runner_api'],
  ['post', '/runners/:id/reset_authentication_token', resetTokenRoute, 'runner_api'],
  ['post', '/user/runners', createUserRunnerRoute, 'runner_api'],
  ['get', '/runners/router/discovery', discoverRouterRoute, 'runner_api'],
  // These belong to the reference's administration API; ours is elsewhere.
  ['get', '/runners', () => unauthorized, 'runner_api'],
  ['get', '/runners/:id', () => unauthorized, 'runner_api'],
]

const LABELS = RUNNER_ROUTES.map(([method, path, , label]) => ({
  method: method.toUpperCase(),
  path: new RegExp(`/api/v4${path.replaceAll(/:\w+/g, '[^/]+')}$`),
  label,
}))

/** Returns the label of a request in the metrics; null when it does not belong to the protocol. */
export function labelOf(method: string, path: string): Label | null {
  if (!path.includes('/api/v4/')) return null
  return LABELS.find((route) => route.method === method && route.path.test(path))?.label ?? 'runner_api'
}

/**
 * Returns the router for everything below `/api`: version 4 of the runner protocol, and refusals of all other paths.
 * Routes read request bodies themselves, so nothing before them may read one.
 */
export function runnerApi(parts: Omit<RunnerContext, 'record' | 'onRecord'>): Router {
  const context = { ...parts, ...auditRunners(parts) }
  // One flat router, because each nested router costs every poll as much as reading its body.
  const router = Router({ caseSensitive: true, strict: true })
  router.use(beforeRouting(parts.services))
  for (const [method, path, endpoint] of RUNNER_ROUTES)
    router[method](`/v4${path}`, unlessOtherFormat(endpoint(context)))
  for (const path of new Set(RUNNER_ROUTES.map(([, path]) => path))) {
    const methods = RUNNER_ROUTES.filter((row) => row[1] === path).map(([method]) => method.toUpperCase())
    router.all(`/v4${path}`, alsoAllows(methods))
  }
  router.use(answerUnrouted)
  return router
}
