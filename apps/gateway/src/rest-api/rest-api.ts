import { callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server'
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'
import type { Access, Authenticator } from '../access/authenticator.ts'
import { refusalIn } from '../admin-api/refused.ts'
import { appRouter } from '../admin-api/router.ts'
import type { AdminContext } from '../admin-api/trpc.ts'
import { replyEmpty, replyJson } from '../http/reply.ts'
import type { Logger } from '../log.ts'
import type { Refusal } from '../refusals.ts'
import { refuseWithProblem } from './problem.ts'
import { ADDRESS_INVALID, readCall } from './read-call.ts'
import { REST_ROUTES, type RestRoute } from './routes.ts'
import { streamEvents } from './stream-events.ts'

export interface RestApi {
  readonly authenticator: Pick<Authenticator, 'access'>
  readonly log: Pick<Logger, 'error'>
  readonly contextOf: (req: Request, access: Access) => AdminContext
  readonly externalUrl: string
}

/** Serves the procedures of the admin API as REST routes, with the same sign-in, limits and audit events. */
export function restApi(api: RestApi): Router {
  const router = Router({ caseSensitive: true, strict: true })
  for (const path of new Set(REST_ROUTES.map((route) => route.path))) {
    const here = REST_ROUTES.filter((route) => route.path === path)
    const methods = here.map(({ method }) => method)
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    for (const one of here) route[one.method.toLowerCase() as 'get'](answer(api, one))
    route.all(refuseMethod(api, methods))
  }
  router.use((req, res) => {
    refuseWithProblem(req, res, api.externalUrl, {
      kind: 'procedure_not_found',
      sentence: 'There is nothing at this path.',
    })
  })
  // Express recognizes an error handler by its four parameters.
  router.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    if (res.headersSent) return void res.destroy()
    // Express throws it for a path that it can't decode.
    const isAddress = error instanceof URIError
    if (!isAddress) api.log.error({ err: error, path: req.path }, 'the request failed')
    refuseWithProblem(req, res, api.externalUrl, isAddress ? ADDRESS_INVALID : { kind: 'internal_error' })
  })
  return router
}

const answer =
  (api: RestApi, route: RestRoute): RequestHandler =>
  async (req, res) => {
    const refuse = (refusal: Refusal) => refuseWithProblem(req, res, api.externalUrl, refusal)
    const access = await api.authenticator.access(req)
    if (access.kind === 'nobody') return refuse({ kind: 'unauthenticated' })
    const call = await readCall(req, route)
    if (call === 'gone') return
    if ('refusal' in call) return refuse(call.refusal)

    const gone = new AbortController()
    res.once('close', () => gone.abort())
    try {
      const output: unknown = await callTRPCProcedure({
        router: appRouter,
        path: route.procedure,
        type: route.kind,
        getRawInput: async () => call.value,
        ctx: api.contextOf(req, access),
        signal: gone.signal,
        batchIndex: 0,
      })
      if (route.kind === 'subscription') return await streamEvents(req, res, output as AsyncIterable<unknown>)
      if (route.status === 204) return replyEmpty(res, 204)
      replyJson(res, route.status, output)
    } catch (thrown) {
      const error = getTRPCErrorFromUnknown(thrown)
      if (error.code === 'INTERNAL_SERVER_ERROR')
        api.log.error({ err: error, procedure: route.procedure }, 'a procedure failed')
      if (res.headersSent) res.destroy()
      else refuse(refusalIn(error))
    }
  }

const refuseMethod =
  (api: RestApi, methods: readonly string[]): RequestHandler =>
  (req: Request, res: Response) => {
    res.setHeader('Allow', [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', '))
    if (req.method === 'OPTIONS') return replyEmpty(res, 204)
    refuseWithProblem(req, res, api.externalUrl, {
      kind: 'request_invalid',
      sentence: `This path does not take ${req.method}.`,
      code: 'METHOD_NOT_SUPPORTED',
      status: 405,
    })
  }
