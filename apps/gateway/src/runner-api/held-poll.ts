import type { HeldRequest, Hold, HoldEnd } from '@yardmaster/domain/queue'
import type { Response } from 'express'
import { withRequestId } from '../log.ts'
import type { RunnerContext } from './context.ts'

/** What all held polls of a process share. */
export interface Holding<Poll> extends Pick<RunnerContext, 'metrics' | 'stopping' | 'failed'> {
  /** Answers a poll that is no longer held and whose client is still connected. */
  answer(poll: Poll, how: HoldEnd, res: Response): Promise<void>
}

type Known = Pick<HeldRequest, 'tokenDigest' | 'systemId' | 'lastUpdate' | 'ipAddress'>

/**
 * A poll while it is held. There may be ten thousand, so nothing else is kept besides the connection: the handler has
 * returned, and the request's data is released.
 */
export class HeldPoll<Given> implements HeldRequest {
  readonly tokenDigest: string
  readonly systemId: string
  readonly lastUpdate: string
  readonly ipAddress: string | null
  readonly given: Given
  readonly #res: Response
  readonly #holding: Holding<HeldPoll<Given>>

  constructor(known: Known, given: Given, res: Response, holding: Holding<HeldPoll<Given>>) {
    this.tokenDigest = known.tokenDigest
    this.systemId = known.systemId
    this.lastUpdate = known.lastUpdate
    this.ipAddress = known.ipAddress
    this.given = given
    this.#res = res
    this.#holding = holding
  }

  began(hold: Hold): void {
    const { metrics, stopping } = this.#holding
    metrics.heldPolls.inc()
    releaseRequest(this.#res)
    if (isGone(this.#res) || stopping.aborted) hold.leave()
    else this.#res.on('close', () => hold.leave())
  }

  ended(how: HoldEnd): void {
    const { metrics, failed } = this.#holding
    metrics.heldPolls.dec()
    const res = this.#res
    if (isGone(res)) return
    withRequestId(String(res.getHeader('X-Request-Id')), () => {
      this.#holding.answer(this, how, res).catch((error: unknown) => failed(error, res.req, res))
    })
  }
}

/** Returns whether the client has disconnected: it must not get a job any more. */
export const isGone = (res: Response): boolean => res.closed || res.req.socket.destroyed

const NOTHING = Object.freeze({})
const NO_HEADERS: string[] = []

/** Releases what the request and the routers left in memory, which is more than everything that is kept. */
function releaseRequest(res: Response): void {
  const { req } = res
  req.rawHeaders = NO_HEADERS
  Object.assign(req, { next: undefined, headers: NOTHING, params: NOTHING })
  res.locals = NOTHING
}
