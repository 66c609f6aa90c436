import { authorizeJob, traceAppender } from '@yardmaster/domain'
import type { Request, RequestHandler } from 'express'
import { describeRequest } from '../log.ts'
import { clientAddress } from './client-address.ts'
import { refuseEarly, replyJsonEarly } from './early-refusal.ts'
import { boolean, parameters, pathId, text } from './parameters.ts'
import { refuse, replyEmpty } from './reply.ts'
import type { RunnerApi } from './routes.ts'

/** Seconds between patches while somebody watches, and while nobody does (`trace.md` 5). */
const WATCHED_INTERVAL = 3
const UNWATCHED_INTERVAL = 60

/** The largest patch of any runner since 11.11; a larger body is read only for a sender that was authorized. */
const ORDINARY_PATCH_BYTES = 1_048_576
/** A larger patch is refused by the log's limit; without a limit this one bounds memory. */
const LARGEST_PATCH_BYTES = 256 * 1_048_576

const declared = parameters({ id: pathId, token: text, debug_trace: boolean })

/** `PATCH /jobs/:id/trace`: a piece of the job's output. Protocol: `trace.md`. */
export function appendTraceRoute({ ports, metrics, trustedProxies }: RunnerApi): RequestHandler {
  const append = traceAppender(ports)

  return async (req, res) => {
    res.on('finish', () => metrics.tracePatches.inc({ status: res.statusCode }))
    const given = await declared.readQuery(req, res)
    if (!given) return
    describeRequest({ job: given.id })
    // A token in the query is used instead of the header, even if it is wrong or empty.
    const token = given.token === undefined ? req.get('JOB-TOKEN') : given.token
    const sender = { id: given.id, token, ipAddress: clientAddress(req, trustedProxies) }
    const authorize = async (): Promise<boolean> => {
      const authorized = await authorizeJob(ports, sender)
      if (!authorized.ok) refuseEarly(req, res, authorized.error)
      return authorized.ok
    }

    const range = req.get('Content-Range')
    if (range === undefined) {
      if (await authorize()) {
        replyJsonEarly(req, res, 400, { error: '400 Missing header Content-Range' })
      }
      return
    }
    const bytes = await readPatch(req, authorize)
    if (!bytes) return

    const start = firstOffset(range)
    const appended = await append({ ...sender, start, bytes, debug: given.debug_trace === true })
    if (!appended.ok) return refuse(res, appended.error)

    const { heldBytes, status, watched } = appended.value
    metrics.traceBytes.inc(bytes.length)
    res.setHeader('Range', `0-${heldBytes}`)
    res.setHeader('Job-Status', status)
    res.setHeader('X-GitLab-Trace-Update-Interval', String(watched ? WATCHED_INTERVAL : UNWATCHED_INTERVAL))
    replyEmpty(res, 202)
  }
}

/**
 * The number before the first dash, read as leniently as the reference reads it: leading blanks skipped, digits up to the
 * first other character, single underscores between them skipped, nothing readable is 0.
 *
 * @see `trace.md` 2
 */
export function firstOffset(contentRange: string): number {
  const [first = ''] = contentRange.split('-')
  const digits = /^\s*\+?(\d+(?:_\d+)*)/.exec(first)?.[1] ?? '0'
  return Math.min(Number(digits.replaceAll('_', '')), Number.MAX_SAFE_INTEGER - LARGEST_PATCH_BYTES)
}

/** The body. Null when the request was answered meanwhile, or the runner hung up. */
async function readPatch(req: Request, authorize: () => Promise<boolean>): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  let authorized = false
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > ORDINARY_PATCH_BYTES && !authorized) {
        if (!(await authorize())) return null
        authorized = true
      }
      if (length > LARGEST_PATCH_BYTES) break
    }
  } catch {
    // Cut off in the middle: nothing of it counts, and the runner sends it again.
    return null
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length)
}
