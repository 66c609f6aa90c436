import type { Services } from '@yardmaster/domain'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { TrustedProxies } from '../http/client-address.ts'
import type { Metrics } from '../metrics.ts'
import { appendTraceRoute } from './append-trace.ts'
import type { AdminTokens } from './auth.ts'
import { authorizeArtifactRoute } from './authorize-artifact.ts'
import { createUserRunnerRoute } from './create-user-runner.ts'
import { discoverRouterRoute } from './discover-router.ts'
import { downloadArtifactRoute } from './download-artifact.ts'
import { recordRunners } from './record.ts'
import { registerRunnerRoute } from './register-runner.ts'
import { removeManagerRoute } from './remove-manager.ts'
import { removeRunnerRoute } from './remove-runner.ts'
import { requestJobRoute } from './request-job.ts'
import { resetOwnTokenRoute, resetTokenRoute } from './reset-token.ts'
import { alsoAllows, answerUnrouted, beforeRouting, unauthorized, unlessOtherFormat } from './routing.ts'
import { updateJobRoute } from './update-job.ts'
import { uploadArtifactRoute } from './upload-artifact.ts'
import { verifyRunnerRoute } from './verify-runner.ts'

/** What the runner protocol is spoken with. */
export interface RunnerApi {
  readonly services: Services
  readonly metrics: Metrics
  readonly trustedProxies: TrustedProxies
  /** Aborts when the program is told to stop. */
  readonly stopping: AbortSignal
  readonly isAdminToken: AdminTokens
  /** Answers a request that failed after its handler had returned. */
  readonly failed: (error: unknown, req: Request, res: Response) => void
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Row = readonly [Method, path: string, handler: RequestHandler]

/**
 * Everything below `/api`, where it is mounted: the runner protocol of version 4, and the refusal of all else there.
 * Routes read request bodies themselves, so nothing before them may.
 */
export function runnerApi(api: RunnerApi): Router {
  const { services, trustedProxies, isAdminToken } = api
  const { byItself, byUser } = recordRunners(services, trustedProxies)

  // The protocol's table, the most frequent first. Behind each: its answers besides 400.
  const table: readonly Row[] = [
    // docs/protocol/job-request.md, docs/protocol/job-update.md, docs/protocol/trace.md
    ['post', '/jobs/request', requestJobRoute(api)], // 201 204 403 409 413 429
    ['put', '/jobs/:id', updateJobRoute(api)], // 200 403 409
    ['patch', '/jobs/:id/trace', appendTraceRoute(api)], // 202 403 409 416
    // docs/protocol/artifacts.md
    ['post', '/jobs/:id/artifacts', uploadArtifactRoute(api)], // 201 403 405 413 503
    ['get', '/jobs/:id/artifacts', downloadArtifactRoute(api)], // 200 302 401 403 404
    ['post', '/jobs/:id/artifacts/authorize', authorizeArtifactRoute(api)], // 200 403 405 413
    // docs/protocol/runners.md
    ['post', '/runners', registerRunnerRoute(services, byItself)], // 201 403 410
    ['delete', '/runners', removeRunnerRoute(services, byItself)], // 204 403 412
    ['post', '/runners/verify', verifyRunnerRoute(services, trustedProxies)], // 200 403
    ['delete', '/runners/managers', removeManagerRoute(services, byItself)], // 204 403 404 412
    ['post', '/runners/reset_authentication_token', resetOwnTokenRoute(services, trustedProxies, byItself)], // 201 403
    ['post', '/runners/:id/reset_authentication_token', resetTokenRoute(services, isAdminToken, byUser)], // 201 401 404
    ['post', '/user/runners', createUserRunnerRoute(services, isAdminToken, byUser)], // 201 401
    ['get', '/runners/router/discovery', discoverRouterRoute(services)], // 403 501
    // The reference's administration API lives here; ours is elsewhere.
    ['get', '/runners', unauthorized], // 401
    ['get', '/runners/:id', unauthorized], // 401
  ]

  // One flat router: each one inside another costs every poll as much as reading its body.
  const router = Router({ caseSensitive: true, strict: true })
  router.use(beforeRouting(services))
  for (const [method, path, handler] of table) router[method](`/v4${path}`, unlessOtherFormat(handler))
  for (const path of new Set(table.map(([, path]) => path))) {
    const methods = table.filter((row) => row[1] === path).map(([method]) => method.toUpperCase())
    router.all(`/v4${path}`, alsoAllows(methods))
  }
  router.use(answerUnrouted)
  return router
}
