import type { Services } from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import type { TrustedProxies } from '../http/client-address.ts'
import type { Metrics } from '../metrics.ts'
import type { RunnerRecorder, UserRecorder } from './audit-runners.ts'
import type { AdminTokens } from './auth.ts'

/** What the runner protocol is spoken with. */
export interface RunnerContext {
  readonly services: Services
  readonly metrics: Metrics
  readonly trustedProxies: TrustedProxies
  /** Aborts when the program is told to stop. */
  readonly stopping: AbortSignal
  readonly isAdminToken: AdminTokens
  /** Answers a request that failed after its handler had returned. */
  readonly failed: (error: unknown, req: Request, res: Response) => void
  /** Puts on record what a runner did to itself. */
  readonly record: RunnerRecorder
  /** Does on record what a person asked for. */
  readonly onRecord: UserRecorder
}

/** Makes the handler of an endpoint. */
export type Endpoint = (context: RunnerContext) => RequestHandler
