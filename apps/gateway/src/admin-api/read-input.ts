import { isUtf8 } from 'node:buffer'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { measureJson, Slices } from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import type { Access, Authenticator } from '../access/authenticator.ts'
import { answerEarly } from '../http/answer-early.ts'
import { readBody } from '../http/read-body.ts'
import { type ApiRefusal, tell } from '../refusals.ts'

const MIB = 1_048_576

interface InputLimit {
  /** MiB of the body. */
  readonly mib: number
  /** Values of its JSON. */
  readonly values: number
}

/** What calls have of anything but jobs. */
const ORDINARY: InputLimit = { mib: 1, values: 20_000 }
/** A job may have a mebibyte (`keywords/reading.ts`), which JSON may spell in more. */
const LARGER: Readonly<Record<string, InputLimit>> = {
  'jobs.create': { mib: 2, values: 20_000 },
  'jobs.createMany': { mib: 4, values: 100_000 },
}
/** Twice as deep as anything that is taken. */
const DEEPEST = 100

/** Who `readProcedureInput` found to be asking. */
export const accessOf = (res: Pick<Response, 'locals'>): Access => res.locals.access

/**
 * Comes before tRPC, which would keep a body as it arrives, whoever sends it, in a listener of its own. The body of an
 * administrator is read here; that of anybody else is not: the procedure refuses them by their credentials alone.
 */
export function readProcedureInput(authenticator: Pick<Authenticator, 'access'>): RequestHandler {
  return async (req, res, next) => {
    const access = await authenticator.access(req)
    res.locals.access = access
    // tRPC takes a body that is text as it is, and then leaves the request alone.
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
 * Reads the body of an administrator. Refuses what would take long to parse unparsed, because that is done in one piece.
 * `gone`: the client has left.
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

/** Calls in one request share the largest limit of theirs: together they are parsed in one piece. */
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
  reason: `the body has more than ${most}, which is the most that this procedure takes`,
})

/** In the form in which tRPC's own refusals come. */
function refuse(req: Request, res: Response, apiRefusal: ApiRefusal): void {
  const { code, status, sentence, refusal } = tell(apiRefusal)
  const data = { code, httpStatus: status, refusal }
  const body = { error: { message: sentence, code: TRPC_ERROR_CODES_BY_KEY[code], data } }
  res.status(status)
  if (req.readableEnded) res.json(body)
  else answerEarly(req, res, 'application/json', JSON.stringify(body))
}
