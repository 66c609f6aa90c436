import { isUtf8 } from 'node:buffer'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { measureJson, Slices } from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import type { Access, Authenticator } from '../access/authenticator.ts'
import { answerEarly } from '../http/answer-early.ts'
import { readBody } from '../http/read-body.ts'
import { type ApiRefusal, describeRefusal } from '../refusals.ts'

const MIB = 1_048_576

interface InputLimit {
  /** Size of the body in MiB. */
  readonly mib: number
  /** Number of values in its JSON. */
  readonly values: number
}

/** The limit of all calls that create no jobs and compile no configuration. */
const ORDINARY: InputLimit = { mib: 1, values: 20_000 }
/** A job definition may have 1 MiB (`keywords/reading.ts`), which JSON may need more bytes for. */
const LARGER: Readonly<Record<string, InputLimit>> = {
  'jobs.create': { mib: 2, values: 20_000 },
  'jobs.createMany': { mib: 4, values: 100_000 },
  // A configuration and its files. More would hold the event loop for too long while it is parsed.
  'pipelines.create': { mib: 12, values: 40_000 },
  'pipelines.lint': { mib: 12, values: 40_000 },
}
/** Levels of nesting: twice as many as any valid input has. */
const DEEPEST = 100

/** Returns the caller that `readProcedureInput` found. */
export const accessOf = (res: Pick<Response, 'locals'>): Access => res.locals.access

/**
 * Reads the body of an administrator's call. Comes before tRPC, which would keep the body of any caller in memory.
 * Bodies of other callers are not read: the procedure refuses them by their credentials alone.
 */
export function readProcedureInput(authenticator: Pick<Authenticator, 'access'>): RequestHandler {
  return async (req, res, next) => {
    const access = await authenticator.access(req)
    res.locals.access = access
    // tRPC uses a body that is a string, and then does not read the request.
    req.body = ''
    if (access.kind === 'nobody' || req.method !== 'POST') return next()

    const text = await readJsonText(req, limitFor(req.path.slice(1).split(',')))
    if (text === 'gone') return
    if (typeof text !== 'string') return refuse(req, res, text)
    req.body = text
    next()
  }
}

/**
 * Reads the body of an administrator. Refuses one that would take long to parse, because parsing blocks the event loop.
 * Returns `gone` when the client has disconnected.
 */
export async function readJsonText(req: Request, limit: InputLimit): Promise<string | ApiRefusal | 'gone'> {
  const bytes = await readBody(req, limit.mib * MIB, { known: true })
  if (bytes === 'gone') return bytes
  if (typeof bytes === 'string') return bytes === 'too_large' ? tooLarge(`${limit.mib} MiB`) : { kind: 'body_too_slow' }
  if (!isUtf8(bytes)) return { kind: 'body_invalid', reason: 'the body is not UTF-8' }
  const text = bytes.toString('utf8')
  const { depth, values } = await new Slices().run(measureJson(text))
  if (depth > DEEPEST) return { kind: 'body_invalid', reason: `the body nests deeper than ${DEEPEST} levels` }
  return values > limit.values ? tooLarge(`${limit.values} values`) : text
}

/** Returns the largest limit of the calls in one request, because they are parsed together. */
export function limitFor(procedures: readonly string[]): InputLimit {
  let largest = ORDINARY
  for (const name of procedures) {
    const limit = Object.hasOwn(LARGER, name) ? LARGER[name] : undefined
    if (limit && limit.mib > largest.mib) largest = limit
  }
  return largest
}

const tooLarge = (most: string): ApiRefusal => ({
  kind: 'body_too_large',
  reason: `the body has more than ${most}, the limit of this procedure`,
})

/** Refuses a request in the form of tRPC's own refusals. */
function refuse(req: Request, res: Response, apiRefusal: ApiRefusal): void {
  const { code, status, sentence, refusal } = describeRefusal(apiRefusal)
  const data = { code, httpStatus: status, refusal }
  const body = { error: { message: sentence, code: TRPC_ERROR_CODES_BY_KEY[code], data } }
  res.status(status)
  if (req.readableEnded) res.json(body)
  else answerEarly(req, res, 'application/json', JSON.stringify(body))
}
