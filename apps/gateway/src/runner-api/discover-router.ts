import { authenticateRunner } from '@yardmaster/domain/runners'
import type { RequestHandler } from 'express'
import { refuse, replyJson } from '../http/reply.ts'
import type { RunnerContext } from './context.ts'
import { parameters } from './parameters.ts'

export const discoverRouterParameters = parameters({})

/**
 * `GET /runners/router/discovery`: answers that there is no Job Router, so that the client polls as usual. The only
 * endpoint that reads the token from a header. @see `docs/protocol/runners.md 9`
 */
export function discoverRouterRoute({ services }: RunnerContext): RequestHandler {
  return async (req, res) => {
    if (!(await discoverRouterParameters.readQuery(req, res))) return
    const runner = await authenticateRunner(services, req.get('Runner-Token'))
    if (!runner.ok) return refuse(res, runner.error)
    replyJson(res, 501, { message: 'Job Router is not available. Please contact your administrator.' })
  }
}
