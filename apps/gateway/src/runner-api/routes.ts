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

/** The protocol's routes, most frequent first, each with its answers besides 400. */
export const RUNNER_ROUTES: readonly Row[] = [
  // docs/protocol/job-request.md, docs/protocol/job-update.md, docs/protocol/trace.md
  ['post', '/jobs/request', requestJobRoute, 'job_request'], // 201 204 403 409 413 429
  ['put', '/jobs/:id', updateJobRoute, 'job_update'], // 200 403 409
  ['patch', '/jobs/:id/trace', appendTraceRoute, 'trace_patch'], // 202 403 409 416
  // docs/protocol/artifacts.md
  ['post', '/jobs/:id/artifacts', uploadArtifactRoute, 'artifact_upload'], // 201 403 405 413 503
  ['get', '/jobs/:id/artifacts', downloadArtifactRoute, 'artifact_download'], // 200 302 401 403 404
  ['post', '/jobs/:id/artifacts/authorize', authorizeArtifactRoute, 'runner_api'], // 200 403 405 413
  // docs/protocol/runners.md
  ['post', '/runners', registerRunnerRoute, 'runner_api'], // 201 403 410
  ['delete', '/runners', removeRunnerRoute, 'runner_api'], // 204 403 412
  ['post', '/runners/verify', verifyRunnerRoute, 'runner_api'], // 200 403
  ['delete', '/runners/managers', removeManagerRoute, 'runner_api'], // 204 403 404 412
  ['post', '/runners/reset_authentication_token', resetOwnTokenRoute, 'runner_api'], // 201 403
  ['post', '/runners/:id/reset_authentication_token', resetTokenRoute, 'runner_api'], // 201 401 404
  ['post', '/user/runners', createUserRunnerRoute, 'runner_api'], // 201 401
  ['get', '/runners/router/discovery', discoverRouterRoute, 'runner_api'], // 403 501
  // These belong to the reference's administration API; ours is elsewhere.
  ['get', '/runners', () => unauthorized, 'runner_api'], // 401
  ['get', '/runners/:id', () => unauthorized, 'runner_api'], // 401
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
