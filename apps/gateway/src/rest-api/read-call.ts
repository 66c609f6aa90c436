import type { Request } from 'express'
import { limitFor, readJsonText } from '../admin-api/read-input.ts'
import { isWellFormed } from '../http/well-formed.ts'
import type { FieldFault, Refusal } from '../refusals.ts'
import { fromText } from './from-text.ts'
import type { RestRoute } from './routes.ts'

type Members = Readonly<Record<string, unknown>>
type Read<Value> = { readonly value: Value } | { readonly refusal: Refusal } | 'gone'

/** The refusal of a path or query that is not valid text. */
export const ADDRESS_INVALID: Refusal = { kind: 'body_invalid', reason: 'the address is not UTF-8' }

/**
 * Reads the input of a procedure from path, query and body. Converts texts to numbers and flags where the procedure has
 * them. Passes other texts on unchanged, so that the procedure refuses them and says what is allowed.
 */
export async function readCall(req: Request, route: RestRoute): Promise<Read<Members | undefined>> {
  if (!isWellFormed(req, req.url)) return refuse(ADDRESS_INVALID)
  const body: Read<Members> = route.method === 'GET' ? { value: {} } : await readBody(req, route)
  if (body === 'gone' || 'refusal' in body) return body
  const query = readQuery(req, route)
  const path = Object.fromEntries(
    placed(route, 'path').map(({ name, schema }) => [name, fromText(String(req.params[name]), schema)]),
  )
  const fields = [
    ...query.faults,
    ...Object.keys(body.value)
      .filter((name) => Object.hasOwn(path, name) || route.body === null)
      .map((name) => ({ path: name, message: 'not allowed in the body' })),
  ]
  if (fields.length > 0) return refuse({ kind: 'input_invalid', fields })
  const takesNothing = route.parameters.length === 0 && route.body === null
  return { value: takesNothing ? undefined : { ...body.value, ...query.members, ...path } }
}

const refuse = (refusal: Refusal) => ({ refusal })

const placed = ({ parameters }: RestRoute, place: 'path' | 'query') => parameters.filter((one) => one.in === place)

function readQuery(req: Request, route: RestRoute): { members: Members; faults: FieldFault[] } {
  const query = new URL(req.url, 'http://localhost').searchParams
  const known = new Map(placed(route, 'query').map(({ name, schema }) => [name, schema]))
  const members: Record<string, unknown> = {}
  const faults: FieldFault[] = []
  for (const name of new Set(query.keys())) {
    const schema = known.get(name)
    const texts = query.getAll(name)
    if (!schema) faults.push({ path: name, message: `unknown in the query; allowed: ${listed([...known.keys()])}` })
    else if (schema.type === 'array') members[name] = texts.map((text) => fromText(text, schema.items))
    else if (texts.length > 1) faults.push({ path: name, message: `found ${texts.length} times; allowed: once` })
    else members[name] = fromText(texts[0] ?? '', schema)
  }
  // Browsers send it when they reconnect to a stream of events.
  const resumeFrom = req.headers['last-event-id']
  if (typeof resumeFrom === 'string' && known.has('lastEventId')) members.lastEventId ??= resumeFrom
  return { members, faults }
}

const listed = (names: readonly string[]): string => names.join(', ') || 'no parameters'

async function readBody(req: Request, route: RestRoute): Promise<Read<Members>> {
  const text = await readJsonText(req, limitFor([route.procedure]))
  if (text === 'gone') return text
  if (typeof text !== 'string') return refuse(text)
  if (text === '') return { value: {} }
  if (!req.is('application/json')) {
    const sentence = 'The body must be JSON, with the content type application/json.'
    return refuse({ kind: 'request_invalid', sentence, code: 'UNSUPPORTED_MEDIA_TYPE', status: 415 })
  }
  const value = parsed(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value: value as Members }
  return refuse({ kind: 'body_invalid', reason: 'the body is not a JSON object' })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
