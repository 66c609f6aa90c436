import type { Request } from 'express'
import { BodyBudget } from './body-budget.ts'

const MIB = 1_048_576

/** Limits on what clients may use of this process (`docs/operations.md#limits`). */
export interface EdgeLimits {
  /** Simultaneous connections. */
  readonly connections: number
  /** Bytes of bodies whose senders are not authorized yet, all requests together. */
  readonly unknownBytes: number
  /** Time to receive the headers of a request, in milliseconds. */
  readonly headersMs: number
  /** Time to receive a body that is neither an upload nor an authorized patch, in milliseconds. */
  readonly bodyMs: number
  /** How long a refused sender may still send before its connection is cut, in milliseconds. */
  readonly droppingMs: number
  /** The lowest rate of uploads, authorized patches and answers while they wait for the client. */
  readonly leastPace: Pace
}

/** A minimum number of bytes in each period of so many milliseconds. */
export interface Pace {
  readonly bytes: number
  readonly withinMs: number
}

export const EDGE_LIMITS: EdgeLimits = {
  connections: 20_000,
  unknownBytes: 64 * MIB,
  headersMs: 60_000,
  bodyMs: 60_000,
  droppingMs: 10_000,
  leastPace: { bytes: 16_384, withinMs: 60_000 },
}

/** The limits of one server and what is used of them. */
export interface Edge {
  readonly limits: EdgeLimits
  readonly budget: BodyBudget
}

export const openEdge = (limits: Partial<EdgeLimits> = {}): Edge => {
  const all = { ...EDGE_LIMITS, ...limits }
  return { limits: all, budget: new BodyBudget(all.unknownBytes) }
}

const DEFAULT_EDGE = openEdge()

/** Returns the limits of the server that received a request. */
export const edgeOf = ({ app }: Pick<Request, 'app'>): Edge => app.locals.edge ?? DEFAULT_EDGE
