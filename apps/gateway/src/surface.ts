import type { IncomingMessage } from 'node:http'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import type { Services } from '@yardmaster/domain'
import type { RequestHandler } from 'express'
import type { Access, Authenticator } from './access/authenticator.ts'
import { Batch } from './admin-api/batch.ts'
import { accessOf, readProcedureInput } from './admin-api/read-input.ts'
import { appRouter } from './admin-api/router.ts'
import type { AdminContext } from './admin-api/trpc.ts'
import { badges } from './badges.ts'
import { dashboard } from './dashboard.ts'
import { discovery } from './discovery.ts'
import { downloads } from './downloads.ts'
import { git } from './git/routes.ts'
import { health } from './health.ts'
import { hooks } from './hooks/hooks.ts'
import { clientAddress, type TrustedProxies } from './http/client-address.ts'
import { lastResort } from './http/last-resort.ts'
import type { EdgeLimits } from './http/limits.ts'
import { refuseAdmin } from './http/reply.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { documents } from './rest-api/documents.ts'
import { restApi } from './rest-api/rest-api.ts'
import { REST_API } from './rest-api/rest-path.ts'
import { runnerApi } from './runner-api/routes.ts'
import { pages } from './sign-in-pages.ts'

export interface ServerParts {
  readonly services: Services
  readonly authenticator: Authenticator
  readonly metrics: Metrics
  readonly log: Logger
  readonly trustedProxies: TrustedProxies
  /** The configured proxies only. */
  readonly configuredProxies: TrustedProxies
  readonly stopping: AbortSignal
  readonly probeDatabase: () => Promise<void>
  /** Limits that replace the defaults. */
  readonly limits?: Partial<EdgeLimits>
}

/** Limit of procedure calls in one request. */
const MOST_CALLS = 100

/** Handlers mounted at a path. */
interface Mounted {
  readonly at: string
  readonly handlers: readonly RequestHandler[]
}

/**
 * Returns everything the server serves, with its mount paths (`docs/operations.md#addresses`). `list-routes.ts` prints
 * its routes, to which the fuzzer sends requests.
 *
 * @param base - path prefix of the external address, without a slash at the end.
 */
export function surface(parts: ServerParts, base: string) {
  const { services, authenticator, metrics, log, trustedProxies, stopping } = parts
  const { externalUrl } = services.policy
  const isAdmin: RequestHandler = async (req, res, next) => {
    if ((await authenticator.access(req)).kind !== 'nobody') return next()
    refuseAdmin(res, { kind: 'unauthenticated' })
  }

  const contextOf = (req: IncomingMessage, access: Access, batch: Batch | null = null): AdminContext => ({
    services,
    metrics,
    stopping,
    batch,
    access,
    address: clientAddress(req, trustedProxies),
  })

  const procedures = createExpressMiddleware({
    router: appRouter,
    createContext: async ({ req, res, info }) =>
      contextOf(req, accessOf(res), info.calls.length > 1 ? new Batch() : null),
    maxBatchSize: MOST_CALLS,
    // The input of a query may be longer than an address.
    allowMethodOverride: true,
    onError({ error, path }) {
      if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error, procedure: path }, 'a procedure failed')
    },
  })
  const { router: views, show } = dashboard(authenticator, { base })
  return {
    api: {
      at: '/api',
      handlers: [
        runnerApi({
          services,
          metrics,
          trustedProxies,
          stopping,
          isAdminToken: authenticator.isAdminToken,
          failed: lastResort(log),
        }),
      ],
    },
    rest: {
      at: REST_API,
      handlers: [restApi({ authenticator, log, contextOf, externalUrl })],
    },
    documents: { at: '/api', handlers: [documents(externalUrl, base)] },
    trpc: { at: '/trpc', handlers: [readProcedureInput(authenticator), procedures] },
    downloads: { at: '/download', handlers: [downloads(services, isAdmin, log)] },
    health: { at: '/', handlers: [health(services, parts)] },
    git: { at: '/', handlers: [git({ services, metrics, isAdminToken: authenticator.isAdminToken, externalUrl })] },
    hooks: { at: '/hooks', handlers: [hooks({ services, metrics })] },
    badges: { at: '/badge', handlers: [badges(services, authenticator)] },
    discovery: { at: '/', handlers: [discovery(services)] },
    pages: {
      at: '/',
      handlers: [pages(authenticator, { base, trusted: trustedProxies, configured: parts.configuredProxies, show })],
    },
    views: { at: '/', handlers: [views] },
  } satisfies Record<string, Mounted>
}
