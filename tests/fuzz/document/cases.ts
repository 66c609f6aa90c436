import type { Operation, Parameter, Schema } from '../../support/openapi.ts'
import { METHODS } from '../paths.ts'
import { Random } from '../random.ts'
import { hostileText } from '../values.ts'
import { type Place, spoil } from './spoil.ts'
import { drawValue, fits, type Known } from './values.ts'

/** What the document promises about the answer. */
type Promised =
  /** It is carried out, or refused for its meaning, but never as malformed. */
  | { readonly kind: 'accepted' }
  /** It is refused with one of these statuses; for an invalid input, `field` names the place. */
  | { readonly kind: 'refused'; readonly statuses: readonly number[]; readonly field?: Place }
  /** Its sender hangs up midway, so there may be no answer. */
  | { readonly kind: 'cut' }

/** A request and its expected outcome. */
export interface Case {
  readonly index: number
  readonly operation: Operation
  /** What was changed, for people. */
  readonly how: string
  readonly method: string
  /** The path from the root, with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The body, or null to send none. */
  readonly body: Buffer | null
  readonly promised: Promised
}

/** The parts of a request that conforms to the document. */
interface Draft {
  readonly operation: Operation
  readonly inPath: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, text: string])[]
  /** The body, or undefined to send none. */
  readonly body: unknown
}

export interface CaseOptions {
  readonly seed: number
  readonly index: number
  readonly operations: readonly Operation[]
  /** The prefix of the paths. */
  readonly base: string
  readonly token: string
  readonly known: (operation: Operation) => Known
}

const JSON_TYPE = 'application/json'
/** Larger than any operation accepts. */
const TOO_LARGE = Buffer.from(JSON.stringify({ filler: 'x'.repeat(13 * 1_048_576) }))

/** Returns the request with this number, always the same for a seed, except for the installation's ids. */
export function caseOf({ seed, index, operations, base, token, known }: CaseOptions): Case {
  const random = new Random(seed, index)
  const operation = random.pick(operations)
  const draft = draftOf(random, operation, known(operation))
  const make = random.chance(0.4) ? asItIs : random.pick(operation.body && random.chance(0.5) ? BODY_FAULTS : FAULTS)
  const changed = make(random, draft, operations) ?? asItIs(random, draft)
  const { inPath, query, body, ...rest } = { ...draft, ...changed }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => inPath[name] ?? '')
  const questions = query.map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`).join('&')
  return {
    index,
    operation,
    how: rest.how,
    method: rest.method ?? operation.method,
    path: `${base}${path}${questions && '?'}${questions}`,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': JSON_TYPE }),
      ...rest.headers,
    },
    body: rest.bytes ?? (body === undefined ? null : Buffer.from(JSON.stringify(body))),
    promised: rest.promised,
  }
}

interface Changed extends Partial<Draft> {
  readonly how: string
  readonly promised: Promised
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly bytes?: Buffer
}

/** Changes a request. Returns null when it has nothing to change. */
type Make = (random: Random, draft: Draft, operations: readonly Operation[]) => Changed | null

const asItIs = (_: Random, _draft: Draft): Changed => ({ how: 'as documented', promised: { kind: 'accepted' } })
const refused = (statuses: number[], field?: Place): Promised => ({
  kind: 'refused',
  statuses,
  ...(field && { field }),
})

const placed = ({ parameters }: Operation, place: Parameter['in']) => parameters.filter((one) => one.in === place)

/** Longest parameter in an address, in bytes: servers accept some thousands. */
const LONGEST_TEXT = 6000

function draftOf(random: Random, operation: Operation, known: Known): Draft {
  const textsOf = ({ schema, name }: Parameter): string[] => {
    const drawn = [drawValue(random, schema, known, name)].flat().map(String)
    return drawn.every((text) => encodeURIComponent(text).length <= LONGEST_TEXT)
      ? drawn
      : textsOf({ schema, name, in: 'query' })
  }
  const inPath = placed(operation, 'path').map((one) => [one.name, encodeURIComponent(textsOf(one).join())])
  const often = random.pick([0, 0.3, 0.8])
  const asked = placed(operation, 'query').filter(({ required }) => required || random.chance(often))
  const sends = operation.body && (operation.bodyRequired || random.chance(0.8))
  return {
    operation,
    inPath: Object.fromEntries(inPath),
    query: asked.flatMap((one) => textsOf(one).map((text) => [one.name, text] as const)),
    body: sends && operation.body ? drawValue(random, operation.body, known) : undefined,
  }
}

/** Returns the value that a text in an address stands for. */
function readText(text: string, { type }: Schema): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true'
  return text
}

const ODD_TEXTS = [
  '',
  'x',
  '-1',
  '0',
  '1.5',
  'true',
  'TRUE',
  '1e3',
  '0x10',
  '2147483648',
  '99999999999999999999',
  ' 1',
  'null',
  '[]',
]

const spoilQuery: Make = (random, { operation, query }) => {
  const parameters = placed(operation, 'query').filter(({ schema }) => schema.type !== 'array')
  if (parameters.length === 0) return null
  const { name, schema } = random.pick(parameters)
  const text = (random.chance(0.7) ? random.pick(ODD_TEXTS) : hostileText(random)).toWellFormed().slice(0, 2000)
  return {
    how: `query parameter ${name}: ${JSON.stringify(text)}`,
    query: [...query.filter(([one]) => one !== name), [name, text]],
    promised: fitsAsText(schema, text) ? { kind: 'accepted' } : refused([400], [name]),
  }
}

const fitsAsText = (schema: Schema, text: string): boolean =>
  (schema.anyOf ?? [schema]).some((one) => fits(one, readText(text, one)))

const ODD_SEGMENTS = [
  ...['x', '-1', '0', '1.5', '2147483648000000', '99999999999999999999', '9'.repeat(2000)],
  ...['%00', '%zz', '%ff', 'a%2Fb', '1;x=2', '%F0%9F%99%82'],
]

const spoilPath: Make = (random, { operation, inPath }) => {
  const parameters = placed(operation, 'path')
  if (parameters.length === 0) return null
  const { name, schema } = random.pick(parameters)
  const text = random.pick(ODD_SEGMENTS)
  return {
    how: `path parameter ${name}: ${text.slice(0, 40)}`,
    inPath: { ...inPath, [name]: text },
    promised: fitsAsText(schema, text) ? { kind: 'accepted' } : refused([400]),
  }
}

const unknownQuery: Make = (random, { query }) => {
  const name = random.pick(['extra', '__proto__', 'constructor', 'limit[]', 'ID'])
  return { how: `unknown query parameter ${name}`, query: [...query, [name, '1']], promised: refused([400]) }
}

const twice: Make = (random, { operation, query }) => {
  const single = query.filter(([name]) =>
    operation.parameters.some((one) => one.name === name && one.schema.type !== 'array'),
  )
  const [name, text] = single.length > 0 ? random.pick(single) : []
  if (name === undefined || text === undefined) return null
  return { how: `query parameter ${name} twice`, query: [...query, [name, text]], promised: refused([400], [name]) }
}

/** Methods that HTTP libraries answer, or refuse to send, by themselves. */
const NOT_OURS = ['HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'BREW']

const otherMethod: Make = (random, { operation }, operations) => {
  const offered = operations.filter(({ path }) => path === operation.path).map(({ method }) => method)
  const method = random.pick(METHODS.filter((one) => ![...offered, ...NOT_OURS].includes(one)))
  const without = method === 'GET' && { body: undefined }
  return { how: 'a method that the path does not have', method, ...without, promised: refused([405]) }
}

const withoutToken: Make = (random) => ({
  how: 'without a valid token',
  headers: { Authorization: random.pick(['Bearer wrong', 'Bearer', 'Basic YTpi', '']) },
  promised: refused([401]),
})

const spoilBody: Make = (random, { operation, body }) => {
  if (!operation.body || body === undefined) return null
  const spoiled = spoil(random, operation.body, body)
  // The value as the receiver sees it.
  const value: unknown = JSON.parse(JSON.stringify(spoiled.value) ?? 'null')
  return {
    how: `body at ${spoiled.place.join('.') || 'its root'}: ${spoiled.how}`,
    body: value,
    promised: fits(operation.body, value) ? { kind: 'accepted' } : refused([400, 413], spoiled.place),
  }
}

const bytes =
  (how: string, statuses: number[], make: (random: Random, whole: Buffer) => Buffer | null): Make =>
  (random, { operation, body }) => {
    if (operation.method === 'GET') return null
    const made = make(random, Buffer.from(JSON.stringify(body ?? {})))
    return made && { how, body: {}, bytes: made, promised: refused(statuses) }
  }

const cutJson = bytes('JSON that ends too early', [400], (random, whole) =>
  whole.subarray(0, 1 + random.below(whole.length - 1)),
)
const notAnObject = bytes('JSON that is not an object', [400], (random) =>
  Buffer.from(random.pick(['null', '[]', '1', '"text"', 'true', '[{}]'])),
)
const notUtf8 = bytes('not UTF-8', [400], (_, whole) =>
  Buffer.concat([whole.subarray(0, -1), Buffer.from([0xff, 0xfe])]),
)
const tooDeep = bytes('nested too deeply', [400], (random) =>
  Buffer.from('{"a":['.padEnd(200 + random.below(2000), '[')),
)
const tooLarge = bytes('too large', [413], (random) => (random.chance(0.1) ? TOO_LARGE : null))

const otherType: Make = (random, { operation, body }) =>
  operation.method === 'GET'
    ? null
    : {
        how: 'another content type',
        body: body ?? {},
        headers: {
          'Content-Type': random.pick([
            'text/plain',
            'application/xml',
            'multipart/form-data',
            'x',
            'application/x-www-form-urlencoded',
          ]),
        },
        promised: refused([415]),
      }

const hangUp: Make = (_, { operation, body }) =>
  operation.method === 'GET' ? null : { how: 'cut in the middle', body: body ?? {}, promised: { kind: 'cut' } }

const FAULTS: readonly Make[] = [
  spoilQuery,
  spoilQuery,
  spoilPath,
  spoilPath,
  unknownQuery,
  twice,
  otherMethod,
  withoutToken,
]
const BODY_FAULTS: readonly Make[] = [
  ...[spoilBody, spoilBody, spoilBody, spoilBody, spoilBody, spoilBody, spoilBody, spoilBody],
  ...[cutJson, notAnObject, notUtf8, tooDeep, tooLarge, otherType, hangUp],
]
