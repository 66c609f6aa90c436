import type { Request } from 'express'
import { BodyBudget } from './body-budget.ts'

const MIB = 1_048_576

/** How much of this process its clients may take (`docs/operations.md#limits`). */
export interface EdgeLimits {
  /** Connections at a time. */
  readonly connections: number
  /** Bytes of bodies whose senders are not known yet, all requests together. */
  readonly unknownBytes: number
  /** For the headers of a request, in milliseconds. */
  readonly headersMs: number
  /** For a body that is neither an upload nor an authorized patch, in milliseconds. */
  readonly bodyMs: number
  /** Uploads, authorized patches and answers move on at least this fast while the other side is what holds them up. */
  readonly leastPace: Pace
}

/** Bytes within so many milliseconds. */
export interface Pace {
  readonly bytes: number
  readonly withinMs: number
}

export const EDGE_LIMITS: EdgeLimits = {
  connections: 20_000,
  unknownBytes: 64 * MIB,
  headersMs: 60_000,
  bodyMs: 60_000,
  leastPace: { bytes: 16_384, withinMs: 60_000 },
}

/** The limits of one server, and what is used of them. */
export interface Edge {
  readonly limits: EdgeLimits
  readonly budget: BodyBudget
}

export const openEdge = (limits: Partial<EdgeLimits> = {}): Edge => {
  const all = { ...EDGE_LIMITS, ...limits }
  return { limits: all, budget: new BodyBudget(all.unknownBytes) }
}

/** The limits of the server that received a request. */
const USUAL = openEdge()

export const edgeOf = ({ app }: Pick<Request, 'app'>): Edge => app.locals.edge ?? USUAL
