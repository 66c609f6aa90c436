import type { Request, Response } from 'express'
import { z } from 'zod'
import { parseBody } from '../http/body.ts'
import { replyTextEarly } from '../http/early-refusal.ts'
import { type Parameters, parseForm } from '../http/form.ts'
import { readBody } from '../http/read-body.ts'
import { refuseBody, refuseTooLarge } from '../http/refuse-body.ts'
import { replyJson, replyText } from '../http/reply.ts'
import { type Accepted, propertiesOf } from './coercion.ts'
import { underMaintenance } from './maintenance.ts'

export {
  anything,
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

/** A request's parameters before they are checked. */
export interface Received {
  /** The path overrides the body, which overrides the query (`docs/protocol/common.md 2.2`). */
  readonly parameters: Parameters
  /** The body with its original types, if it was declared as JSON and is an object; else null. */
  readonly json: Parameters | null
}

export interface Declared<T> {
  /** What the parameters accept, as the JSON schema of an object. */
  readonly accepted: Accepted
  /**
   * Returns the checked parameters; null when the request was answered (400, 408, 413, 415, 429, 503) or its client
   * left.
   */
  read(req: Request, res: Response): Promise<T | null>
  /** Like `read`, without the body, for routes that take it as bytes. */
  readQuery(req: Request, res: Response): Promise<T | null>
  /** The second half of `read`, for routes that authenticate before they validate. */
  check(received: Received, res: Response): T | null
  /** The first half of `read`. */
  receive(req: Request, res: Response): Promise<Received | null>
}

interface Rules<K extends string> {
  /** Pairs of which only one key may be present, with any value. */
  readonly exclusive?: readonly (readonly [K, K])[]
  /** Keys that must be present if another one has this text. */
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

/** Limit of `POST /jobs/request`, with the answer of the reference's front proxy. */
export const POLL_BODY: BodyLimit = {
  bytes: 32 * 1024,
  refuse: (req, res) => replyTextEarly(req, res, 413, 'Request Entity Too Large'),
}

/**
 * Declares the parameters of one endpoint; called once, when the program is loaded.
 *
 * @param shape - in the protocol's order, in which errors are reported; path parameters first.
 * @see `docs/protocol/common.md 2 to 4`
 */
export function parameters<S extends z.ZodRawShape>(
  shape: S,
  { exclusive = [], requiredWith = {}, body = ORDINARY_BODY }: Rules<keyof S & string> = {},
): Declared<z.output<z.ZodObject<S>>> {
  // Compiled, because every poll is checked: it takes a third less CPU time.
  const schema = z.compile(z.object(shape))
  const order = Object.keys(shape)
  const conditions = Object.entries<readonly [string, string] | undefined>(requiredWith)
  const inOrder = (one: string, other: string) => order.indexOf(one) - order.indexOf(other)
  const pairsInOrder = exclusive.map((pair) => pair.toSorted(inOrder))
  const hasRules = exclusive.length > 0 || conditions.length > 0

  /** Joins all errors in declaration order, exclusive pairs last; empty without errors. */
  function errorText(given: Parameters, issues: readonly z.core.$ZodIssue[]): string {
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
    const error = errorText(given, parsed.error?.issues ?? [])
    if (parsed.success && error === '') return parsed.data
    replyJson(res, 400, { error })
    return null
  }

  const accepted: Accepted = {
    type: 'object',
    properties: propertiesOf(shape),
    required: order.filter((name) => !z.safeParse(shape[name] as z.ZodType, undefined).success),
    ...(hasRules && { allOf: [...exclusive.map(notTogether), ...conditions.map(neededWith)] }),
  }

  const receive = (req: Request, res: Response): Promise<Received | null> => receiveAll(req, res, body)

  return {
    accepted,
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

const notTogether = (pair: readonly string[]): Accepted => ({ not: { required: [...pair] } })

const neededWith = ([key, condition]: readonly [string, readonly [string, string] | undefined]): Accepted => {
  if (!condition) return {}
  const [other, value] = condition
  return { anyOf: [{ required: [key] }, { not: { properties: { [other]: { const: value } }, required: [other] } }] }
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
  // Nearly every request has its parameters in one place, which needs no copy.
  if (question === -1 && !inPath) return { parameters: body ?? NO_PARAMETERS, json }
  const query = question === -1 ? null : parseForm(req.url.slice(question + 1))
  return { parameters: { ...query, ...body, ...req.params }, json }
}
