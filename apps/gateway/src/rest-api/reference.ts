import type { z } from 'zod'
import { sampleOf } from '../admin-api/input-leaves.ts'
import { appRouter } from '../admin-api/router.ts'
import type { Refusal } from '../refusals.ts'
import { answerSchemas, type JsonSchema } from './json-schema.ts'
import { ProblemShape } from './problem.ts'
import { DOCUMENTED_KINDS, describeKind } from './refusal-kinds.ts'
import { REST_API } from './rest-path.ts'
import { REST_ROUTES, type RestRoute } from './routes.ts'
import { type Row, rowsOf, typeOf } from './schema-rows.ts'

/** The reference of the admin API, before it becomes Markdown or a page. */
export interface Reference {
  readonly nouns: readonly { readonly name: string; readonly operations: readonly Operation[] }[]
  readonly shapes: readonly { readonly name: string; readonly rows: readonly Row[] }[]
  readonly refusals: readonly DocumentedKind[]
}

export interface Operation {
  readonly procedure: string
  readonly kind: RestRoute['kind']
  readonly summary: string
  readonly method: RestRoute['method']
  /** The path including the prefix of the REST API. */
  readonly path: string
  readonly input: readonly (Row & { readonly place: 'path' | 'query' | 'body' })[]
  readonly status: number
  /** Empty without a body. */
  readonly answer: string
  readonly answerShapes: readonly string[]
  readonly refuses: readonly DocumentedKind[]
  /** A minimal request. */
  readonly example: string
}

export interface DocumentedKind {
  readonly kind: Refusal['kind']
  readonly status: number
  readonly code: string
  readonly sentence: string
}

/** Collects all procedures, the shapes of their answers, and the refusals. */
export function makeReference(): Reference {
  const schemas = answerSchemas({
    ...Object.fromEntries(REST_ROUTES.map(({ procedure, output }) => [procedure, output])),
    problem: ProblemShape,
  })
  const operations = REST_ROUTES.map((route) => operationOf(route, schemas.of[route.procedure] ?? {}))
  const names = [...new Set(Object.keys(appRouter._def.procedures).map(nounOf))]
  return {
    nouns: names.map((name) => ({
      name,
      operations: operations.filter(({ procedure }) => nounOf(procedure) === name),
    })),
    shapes: Object.entries(schemas.named)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, schema]) => ({ name, rows: rowsOf(schema) })),
    refusals: DOCUMENTED_KINDS.map(documentedKind).sort((one, other) => one.status - other.status),
  }
}

/** The first part of a procedure’s name. */
const nounOf = (procedure: string): string => procedure.split('.')[0] ?? ''

function documentedKind(kind: Refusal['kind']): DocumentedKind {
  const { status, code, sentence } = describeKind(kind)
  return { kind, status, code, sentence }
}

function operationOf(route: RestRoute, answer: JsonSchema): Operation {
  const { procedure, kind, summary, method, parameters, body, status } = route
  const [row] = rowsOf({ properties: { answer }, required: ['answer'] })
  const inAddress = parameters.flatMap(({ name, in: place, required, schema }) =>
    rowsOf({ properties: { [name]: schema }, ...(required && { required: [name] }) }).map((one) => ({ ...one, place })),
  )
  return {
    procedure,
    kind,
    summary,
    method,
    path: REST_API + route.path,
    input: [...inAddress, ...rowsOf(body?.schema ?? {}).map((one) => ({ ...one, place: 'body' as const }))],
    status,
    answer: status === 204 ? '' : typeOf(answer),
    answerShapes: row?.shapes ?? [],
    refuses: route.refuses.map(documentedKind),
    example: exampleOf(route),
  }
}

function exampleOf({ procedure, method, path, parameters, body }: RestRoute): string {
  const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { inputs: z.ZodType[] } }>
  const [shape] = procedures[procedure]?._def.inputs ?? []
  const input = (shape ? sampleOf(shape) : {}) as Record<string, unknown>
  const rest = Object.entries(input).filter(([name]) => !path.includes(`{${name}}`))
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => String(input[name]))
  const isQuery = parameters.some(({ in: place }) => place === 'query')
  const query =
    isQuery && rest.length > 0 ? `?${new URLSearchParams(Object.fromEntries(rest) as Record<string, string>)}` : ''
  const head = [`${method} ${REST_API}${address}${query} HTTP/1.1`, 'Authorization: Bearer ADMIN_TOKEN']
  if (!body) return head.join('\n')
  return [...head, 'Content-Type: application/json', '', JSON.stringify(Object.fromEntries(rest), null, 2)].join('\n')
}
