import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** What is used of JSON schema. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly propertyNames?: Schema
  readonly not?: Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly format?: string
}

interface MediaType {
  readonly schema?: Schema
  /** Of the data of each event of a stream. */
  readonly 'x-event-schema'?: Schema
}
interface Response {
  readonly content?: Readonly<Record<string, MediaType>>
}
interface OperationObject {
  readonly operationId?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

export interface OpenApiObject {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
}

/** One method at one path, as the document describes it. */
export interface Operation {
  readonly id: string
  /** In upper case. */
  readonly method: string
  /** Below the server's address, parameters in braces. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** As JSON; null: none is taken. */
  readonly body: Schema | null
  readonly bodyRequired: boolean
  readonly statuses: readonly number[]
  /** Its answer does not end by itself. */
  readonly streams: boolean
}

/** What is compared with the document. */
export interface GivenAnswer {
  readonly status: number
  /** The header; null: there was none. */
  readonly contentType: string | null
  /** Of a stream, one event. */
  readonly text: string
}

/** An OpenAPI 3.1 document that answers are compared with. Validators are compiled when they are first used. */
export class OpenApi {
  readonly operations: readonly Operation[]
  /** The path of the server's address, without a slash at the end. */
  readonly base: string
  readonly #document: OpenApiObject
  readonly #ajv = new Ajv2020({ allErrors: true, strict: false, formats: { 'date-time': UTC_TIME } })
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #templates: readonly { readonly operation: Operation; readonly pattern: RegExp }[]

  constructor(document: OpenApiObject) {
    this.#document = document
    this.#ajv.addSchema({ $id: 'document', ...document })
    this.base = new URL(document.servers[0]?.url ?? '').pathname.replace(/\/$/, '')
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => operationOf(method, path, operation)),
    )
    // As routers do: a path without parameters wins over one with some.
    this.#templates = this.operations
      .map((operation) => ({ operation, pattern: patternOf(operation.path) }))
      .sort((one, other) => Number(one.operation.path.includes('{')) - Number(other.operation.path.includes('{')))
  }

  /** Reads the document at this address. @throws when there is none. */
  static async read(url: string): Promise<OpenApi> {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    return new OpenApi((await response.json()) as OpenApiObject)
  }

  /** The operation that a request is for; null: none. @param path - from the root, without a query. */
  find(method: string, path: string): Operation | null {
    // Another suffix than `.json` is another resource (`docs/protocol/common.md 1`).
    if (!path.startsWith(`${this.base}/`) || path.includes('.', path.lastIndexOf('/'))) return null
    const below = path.slice(this.base.length)
    const asked = method === 'HEAD' ? 'GET' : method
    return (
      this.#templates.find(({ operation, pattern }) => operation.method === asked && pattern.test(below))?.operation ??
      null
    )
  }

  /** The operation with this id; null: none. */
  named(id: string): Operation | null {
    return this.operations.find((one) => one.id === id) ?? null
  }

  /** What the document says against a value that was answered in another envelope; empty when they agree. */
  faultsOfValue(operation: Operation, value: unknown): string[] {
    const status = operation.statuses.find((one) => one < 300) ?? 0
    const found = this.#responseOf(operation, status)
    const [[type, mediaType] = []] = Object.entries(found?.response.content ?? {})
    if (!found || !type || !mediaType) return value === undefined ? [] : ['no answer is documented']
    const key = mediaType['x-event-schema'] ? 'x-event-schema' : 'schema'
    return this.#faults([...found.place, 'content', type, key], value)
  }

  /** What the document says against the status and the content type of an answer; empty when they agree. */
  faultsOfHead(operation: Operation, { status, contentType }: Omit<GivenAnswer, 'text'>): string[] {
    const found = this.#responseOf(operation, status)
    if (!found) return [`the status ${status} is not documented`]
    const { content } = found.response
    return !content || typeOf(contentType) in content
      ? []
      : [`the content type ${contentType} is not documented for ${status}`]
  }

  /** What the document says against an answer; empty when they agree. */
  faultsOf(operation: Operation, { status, contentType, text }: GivenAnswer): string[] {
    const faults = this.faultsOfHead(operation, { status, contentType })
    const found = this.#responseOf(operation, status)
    if (faults.length > 0 || !found) return faults
    const { content } = found.response
    if (!content) return text === '' ? [] : [`${status} has a body, and none is documented`]
    const type = typeOf(contentType)
    const key = content[type]?.['x-event-schema'] ? 'x-event-schema' : 'schema'
    if (!content[type]?.[key] || (!type.endsWith('json') && key === 'schema')) return []
    try {
      return this.#faults([...found.place, 'content', type, key], JSON.parse(text))
    } catch {
      return ['the body is not JSON']
    }
  }

  /** The response that the document has for a status, and where. */
  #responseOf({ method, path }: Operation, status: number): { response: Response; place: readonly string[] } | null {
    const place = ['paths', path, method.toLowerCase(), 'responses', String(status)]
    const spelled = this.#at(place) as Response | { readonly $ref: string } | undefined
    if (!spelled) return null
    if (!('$ref' in spelled)) return { response: spelled, place }
    const elsewhere = spelled.$ref.slice(2).split('/')
    return { response: this.#at(elsewhere) as Response, place: elsewhere }
  }

  /** What the schema at this place of the document says against a value. */
  #faults(place: readonly string[], value: unknown): string[] {
    const pointer = `document#/${place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const validate = this.#validators.get(pointer) ?? this.#ajv.getSchema(pointer)
    if (!validate) throw new Error(`the document has no schema at ${pointer}`)
    this.#validators.set(pointer, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
    )
  }

  #at(place: readonly string[]): unknown {
    return place.reduce<unknown>(
      (within, name) => (within as Record<string, unknown> | undefined)?.[name],
      this.#document,
    )
  }
}

const typeOf = (contentType: string | null): string => contentType?.split(';')[0]?.trim().toLowerCase() ?? ''

/** As all times are sent. */
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

function operationOf(method: string, path: string, given: OperationObject): Operation {
  const json = given.requestBody?.content['application/json']
  return {
    id: given.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: given.parameters ?? [],
    body: json?.schema ?? null,
    bodyRequired: given.requestBody?.required ?? false,
    statuses: Object.keys(given.responses).map(Number),
    streams: Object.values(given.responses).some((one) => 'content' in one && one.content?.['text/event-stream']),
  }
}
