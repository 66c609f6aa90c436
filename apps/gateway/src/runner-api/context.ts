import type { Services } from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import type { TrustedProxies } from '../http/client-address.ts'
import type { Metrics } from '../metrics.ts'
import type { RunnerRecorder, UserRecorder } from './audit-runners.ts'
import type { AdminTokens } from './auth.ts'

/** What the handlers of the runner protocol use. */
export interface RunnerContext {
  readonly services: Services
  readonly metrics: Metrics
  readonly trustedProxies: TrustedProxies
  /** Aborts when the program has to stop. */
  readonly stopping: AbortSignal
  readonly isAdminToken: AdminTokens
  /** Answers a request that failed after its handler had returned. */
  readonly failed: (error: unknown, req: Request, res: Response) => void
  /** Records what a runner did to itself. */
  readonly record: RunnerRecorder
  /** Performs a user's request and records it. */
  readonly onRecord: UserRecorder
}

/** Makes the handler of an endpoint. */
export type Endpoint = (context: RunnerContext) => RequestHandler
