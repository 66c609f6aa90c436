import type { Request, Response } from 'express'
import { z } from 'zod'
import { parseBody } from '../http/body.ts'
import { replyTextEarly } from '../http/early-refusal.ts'
import { type Parameters, parseForm } from '../http/form.ts'
import { readBody } from '../http/read-body.ts'
import { refuseBody, refuseTooLarge } from '../http/refuse-body.ts'
import { replyJson, replyText } from '../http/reply.ts'
import { underMaintenance } from './maintenance.ts'

export {
  boolean,
  hash,
  id,
  integer,
  list,
  looseObject,
  notBlank,
  object,
  oneOf,
  pathId,
  required,
  requiredOneOf,
  systemId,
  text,
  unlessBlank,
} from './coercion.ts'

/** Where a request's parameters came from, before they are checked. */
export interface Received {
  /** Path before body before query (`docs/protocol/common.md 2.2`). */
  readonly parameters: Parameters
  /** The body, if it said that it is JSON and is an object: with the types it was sent in. */
  readonly json: Parameters | null
}

export interface Declared<T> {
  /** The checked parameters. Null: the request was answered (400, 408, 413, 415, 429, 503), or its client is gone. */
  read(req: Request, res: Response): Promise<T | null>
  /** The same without looking at the body, which a route takes as bytes. */
  readQuery(req: Request, res: Response): Promise<T | null>
  /** The second half of `read`, for routes that do something between (authentication before validation). */
  check(received: Received, res: Response): T | null
  /** The first half of `read`. */
  receive(req: Request, res: Response): Promise<Received | null>
}

interface Rules<K extends string> {
  /** Pairs of which only one key may be there, whatever its value. */
  readonly exclusive?: readonly (readonly [K, K])[]
  /** Keys that must be there if another one has this text. */
  readonly requiredWith?: { readonly [Key in K]?: readonly [K, string] }
  readonly body?: BodyLimit
}

interface BodyLimit {
  readonly bytes: number
  readonly refuse: (req: Request, res: Response) => void
}

/** `docs/protocol/common.md 2.10`. */
const ORDINARY_BODY: BodyLimit = {
  bytes: 1024 * 1024,
  refuse: refuseTooLarge,
}

/** `POST /jobs/request`: the answer is that of the reference's front proxy. */
export const POLL_BODY: BodyLimit = {
  bytes: 32 * 1024,
  refuse: (req, res) => replyTextEarly(req, res, 413, 'Request Entity Too Large'),
}

/**
 * Declares the parameters of one endpoint, once, when the program is loaded.
 *
 * @param shape - in the protocol's order, which is that of the complaints; path parameters first.
 * @see `docs/protocol/common.md 2 to 4`
 */
export function parameters<S extends z.ZodRawShape>(
  shape: S,
  { exclusive = [], requiredWith = {}, body = ORDINARY_BODY }: Rules<keyof S & string> = {},
): Declared<z.output<z.ZodObject<S>>> {
  // Compiled, because it is on the path of every poll: a third less CPU for reading one.
  const schema = z.compile(z.object(shape))
  const order = Object.keys(shape)
  const conditions = Object.entries<readonly [string, string] | undefined>(requiredWith)
  const inOrder = (one: string, other: string) => order.indexOf(one) - order.indexOf(other)
  const pairsInOrder = exclusive.map((pair) => pair.toSorted(inOrder))
  const hasRules = exclusive.length > 0 || conditions.length > 0

  /** All complaints in declaration order, exclusive pairs last; empty if there is none. */
  function complaints(given: Parameters, issues: readonly z.core.$ZodIssue[]): string {
    const found = issues.map(({ path, message }) => ({ key: String(path[0]), text: `${nameOf(path)} ${message}` }))
    for (const [key, condition] of conditions) {
      if (condition && given[key] === undefined && given[condition[0]] === condition[1]) {
        found.push({ key, text: `${key} is missing` })
      }
    }
    found.sort((a, b) => inOrder(a.key, b.key))
    const pairs = pairsInOrder.filter((pair) => pair.every((key) => given[key] !== undefined))
    return [...found.map(({ text }) => text), ...pairs.map((pair) => `${pair.join(', ')} are mutually exclusive`)].join(
      ', ',
    )
  }

  function check({ parameters: given }: Received, res: Response): z.output<z.ZodObject<S>> | null {
    const parsed = schema.safeParse(given)
    if (parsed.success && !hasRules) return parsed.data
    const error = complaints(given, parsed.error?.issues ?? [])
    if (parsed.success && error === '') return parsed.data
    replyJson(res, 400, { error })
    return null
  }

  const receive = (req: Request, res: Response): Promise<Received | null> => receiveAll(req, res, body)

  return {
    check,
    receive,
    async read(req, res) {
      const received = await receive(req, res)
      return received && check(received, res)
    },
    async readQuery(req, res) {
      if (await underMaintenance(res)) return null
      return check(gather(req, null, false), res)
    },
  }
}

/** `info[version]` for `['info', 'version']`. */
const nameOf = ([first, ...rest]: readonly PropertyKey[]): string =>
  `${String(first)}${rest.map((key) => `[${String(key)}]`).join('')}`

async function receiveAll(req: Request, res: Response, limit: BodyLimit): Promise<Received | null> {
  let body: Parameters | null = null
  let isJson = false
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    const bytes = await readBody(req, limit.bytes)
    if (typeof bytes === 'string') {
      refuseBody(req, res, bytes, limit.refuse)
      return null
    }
    const parsing = parseBody(bytes, req.headers['content-type'])
    const parsed = parsing instanceof Promise ? await parsing : parsing
    switch (parsed.kind) {
      case 'malformed_strings':
        replyText(res, 400, 'Bad Request')
        return null
      case 'malformed':
        replyJson(res, 400, { error: 'message body does not match declared format' })
        return null
      case 'unsupported':
        replyJson(res, 415, { error: `The provided content-type '${parsed.mediaType}' is not supported.` })
        return null
      case 'parsed':
        body = parsed.parameters
        isJson = parsed.isJson
    }
  }
  if (await underMaintenance(res)) return null
  return gather(req, body, isJson)
}

const NO_PARAMETERS: Parameters = {}

function gather(req: Request, body: Parameters | null, isJson: boolean): Received {
  const question = req.url.indexOf('?')
  const json = isJson ? body : null
  let inPath = false
  for (const _ in req.params) inPath = true
  // Nearly every request has its parameters in one place: no copy then.
  if (question === -1 && !inPath) return { parameters: body ?? NO_PARAMETERS, json }
  const query = question === -1 ? null : parseForm(req.url.slice(question + 1))
  return { parameters: { ...query, ...body, ...req.params }, json }
}
