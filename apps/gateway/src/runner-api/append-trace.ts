import { traceAppender } from '@yardmaster/domain/execution'
import { authorizeJob } from '@yardmaster/domain/jobs'
import type { RequestHandler } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { refuseEarly, replyJsonEarly } from '../http/early-refusal.ts'
import { readBody } from '../http/read-body.ts'
import { refuseBody } from '../http/refuse-body.ts'
import { refuse, replyEmpty } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { RunnerContext } from './context.ts'
import { boolean, parameters, pathId, text } from './parameters.ts'

/** Seconds between patches while the log is being watched, and while it is not (`docs/protocol/trace.md 5`). */
const WATCHED_INTERVAL = 3
const UNWATCHED_INTERVAL = 60

const MIB = 1_048_576
const NOTHING = new Uint8Array()
/** Limit of one patch. Runners since 11.11 send at most 1 MiB. */
const LARGEST_PATCH_BYTES = 256 * MIB

export const appendTraceParameters = parameters({ id: pathId, token: text, debug_trace: boolean })

/** `PATCH /jobs/:id/trace`: appends a piece of the job's output. Protocol: `docs/protocol/trace.md`. */
export function appendTraceRoute({ services, metrics, trustedProxies }: RunnerContext): RequestHandler {
  const { admit, append } = traceAppender(services)

  return async (req, res) => {
    res.on('finish', () => metrics.tracePatches.inc({ status: res.statusCode }))
    const given = await appendTraceParameters.readQuery(req, res)
    if (!given) return
    describeRequest({ job: given.id })
    // A token in the query is used instead of the header, even if it is wrong or empty.
    const token = given.token === undefined ? req.get('JOB-TOKEN') : given.token
    const sender = { id: given.id, token, ipAddress: clientAddress(req, trustedProxies) }
    const range = req.get('Content-Range')
    // Before the body is read, because the shared memory limit does not apply to authorized senders.
    const admitted = range === undefined ? await authorizeJob(services, sender) : await admit(sender)
    if (!admitted.ok) return refuseEarly(req, res, admitted.error)
    if (range === undefined) return replyJsonEarly(req, res, 400, { error: '400 Missing header Content-Range' })
    const limit = services.policy.maxTraceMib * MIB
    const bytes = await readBody(req, limit > 0 ? Math.min(limit, LARGEST_PATCH_BYTES) : LARGEST_PATCH_BYTES, {
      known: true,
    })
    if (bytes === 'too_large' && limit > 0) {
      // Wherever it begins, it ends beyond the limit of the log, so the job fails with that reason.
      const refused = await append({ ...sender, start: limit, bytes: NOTHING, debug: false })
      return refused.ok ? refuseBody(req, res, bytes) : refuseEarly(req, res, refused.error)
    }
    if (typeof bytes === 'string') return refuseBody(req, res, bytes)

    const debug = given.debug_trace === true
    const appended = await append({ ...sender, start: firstOffset(range), bytes, debug })
    if (!appended.ok) return refuse(res, appended.error)

    const { storedBytes, status, watched } = appended.value
    metrics.traceBytes.inc(bytes.length)
    res.setHeader('Range', `0-${storedBytes}`)
    res.setHeader('Job-Status', status)
    res.setHeader('X-GitLab-Trace-Update-Interval', String(watched ? WATCHED_INTERVAL : UNWATCHED_INTERVAL))
    replyEmpty(res, 202)
  }
}

/**
 * Returns the number before the first dash, read as leniently as the reference does: skips leading blanks, reads digits
 * up to the first other character, skips single underscores between them, and returns 0 when there is no number.
 *
 * @see `docs/protocol/trace.md 2`
 */
function firstOffset(contentRange: string): number {
  const [first = ''] = contentRange.split('-')
  const digits = /^\s*\+?(\d+(?:_\d+)*)/.exec(first)?.[1] ?? '0'
  return Math.min(Number(digits.replaceAll('_', '')), Number.MAX_SAFE_INTEGER - LARGEST_PATCH_BYTES)
}
