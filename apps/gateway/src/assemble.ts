import type { Stores } from '@yardmaster/db'
import { openServices, type Policy, type Services } from '@yardmaster/domain'
import type { Ports } from '@yardmaster/domain/ports'
import type { Express } from 'express'
import { type Authenticator, openAuthenticator, sessionBinding } from './access/authenticator.ts'
import { rememberSettings } from './adapters/cached-settings.ts'
import { shareReads } from './adapters/shared-reads.ts'
import { trustOnly, trustProxies } from './http/client-address.ts'
import type { EdgeLimits } from './http/limits.ts'
import type { Logger } from './log.ts'
import { type Metrics, openMetrics, watchStores } from './metrics.ts'
import { buildServer } from './server.ts'

/** The opened outside: stores and adapters. */
export interface Outside
  extends Pick<
    Ports,
    'events' | 'scratch' | 'objects' | 'requestSender' | 'configs' | 'repositories' | 'gitServer' | 'clock'
  > {
  readonly stores: Stores
}

export interface Choices {
  readonly policy: Policy
  readonly adminToken: string
  /** Networks of trusted proxies, in CIDR notation. */
  readonly trustedProxies: readonly string[]
  readonly log: Logger
  /** Receives failures of background tasks, with the name of the task. */
  readonly report: (name: string, error: unknown) => void
  /** Aborts to end held polls and followed logs. */
  readonly stopping: AbortSignal
  /** Checks that the database can be written to; rejects if not. */
  readonly probeDatabase: () => Promise<void>
}

export interface Assembly extends AsyncDisposable {
  readonly services: Services
  readonly authenticator: Authenticator
  readonly metrics: Metrics
  /** Builds the server; tests may set other limits. */
  serve(limits?: Partial<EdgeLimits>): Express
}

/** Assembles a gateway over a given outside. The product and the tests both start the result. */
export async function assemble(
  { stores, ...outside }: Outside,
  { policy, adminToken, trustedProxies, log, report, stopping, probeDatabase }: Choices,
): Promise<Assembly> {
  const settings = await rememberSettings(stores.settings, outside.events)
  const services = openServices(
    { ...stores, ...outside, settings, objects: shareReads(outside.objects) },
    policy,
    report,
  )
  await services.sessions.bindOld(sessionBinding(adminToken))
  const authenticator = openAuthenticator(services, { adminToken, externalUrl: policy.externalUrl })
  const metrics = openMetrics()
  watchStores(metrics, services)
  return {
    services,
    authenticator,
    metrics,
    serve: (limits = {}) =>
      buildServer({
        services,
        authenticator,
        metrics,
        log,
        trustedProxies: trustProxies(trustedProxies),
        configuredProxies: trustOnly(trustedProxies),
        stopping,
        probeDatabase,
        limits,
      }),
    [Symbol.asyncDispose]: () => settings[Symbol.asyncDispose](),
  }
}
