import type { z } from 'zod'
import { appRouter } from '../admin-api/router.ts'
import type { Description } from '../admin-api/trpc.ts'
import { eventShapeOf } from '../shapes/events.ts'
import { inputSchema, type JsonSchema, withoutNull } from './json-schema.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly schema: JsonSchema
}

/** One procedure of the admin API as a route. */
export interface RestRoute {
  readonly procedure: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path below `REST_API`, with parameters in braces. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Null when the route takes no body. */
  readonly body: { readonly schema: JsonSchema; readonly required: boolean } | null
  /** The shape of an answer, or of one event. */
  readonly output: z.ZodType
  readonly status: 200 | 201 | 204
  readonly refuses: NonNullable<Description['refuses']>
}

interface Procedure {
  readonly _def: {
    readonly type: RestRoute['kind']
    readonly meta: Description
    readonly inputs: readonly z.ZodType[]
  }
}

/** Routes of all procedures, so that none can be forgotten. Paths without parameters come first. */
export const REST_ROUTES: readonly RestRoute[] = Object.entries(
  appRouter._def.procedures as unknown as Readonly<Record<string, Procedure>>,
)
  .map(([name, procedure]) => routeOf(name, procedure))
  .sort((one, other) => Number(one.path.includes('{')) - Number(other.path.includes('{')))

function routeOf(procedure: string, { _def: { type, meta, inputs } }: Procedure): RestRoute {
  const [method, path] = meta.rest.split(' ') as [RestRoute['method'], string]
  const { properties = {}, required = [] } = inputs[0] ? inputSchema(inputs[0]) : {}
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  const unknown = inPath.find((name) => !Object.hasOwn(properties, name))
  if (unknown !== undefined) throw new Error(`the path of ${procedure} names ${unknown}, which is not in its input`)

  const members = Object.entries(properties as Readonly<Record<string, JsonSchema>>)
  const rest = members.filter(([name]) => !inPath.includes(name))
  // Queries whose input is too long for an address are sent with `POST` as well.
  const inBody = method !== 'GET' && method !== 'DELETE'
  return {
    procedure,
    kind: type,
    summary: meta.summary,
    method,
    path,
    parameters: [
      ...inPath.map((name) => parameter('path', name, properties[name] as JsonSchema, true)),
      ...(inBody ? [] : rest.map(([name, schema]) => parameter('query', name, schema, required.includes(name)))),
    ],
    body: inBody && rest.length > 0 ? bodyOf(rest, required) : null,
    output: eventShapeOf(meta.output) ?? meta.output,
    status: meta.creates ? 201 : meta.output._zod.def.type === 'void' ? 204 : 200,
    refuses: meta.refuses ?? [],
  }
}

function parameter(place: Parameter['in'], name: string, schema: JsonSchema, required: boolean): Parameter {
  return { name, in: place, required, schema: withoutNull(schema) }
}

function bodyOf(members: readonly [string, JsonSchema][], required: readonly string[]): RestRoute['body'] {
  const needed = required.filter((name) => members.some(([member]) => member === name))
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(members),
      ...(needed.length > 0 && { required: needed }),
      additionalProperties: false,
    },
    required: needed.length > 0,
  }
}
