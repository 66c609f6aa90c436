import { STATUS_CODES } from 'node:http'
import type { z } from 'zod'
import { RUNNER_ROUTES } from '../runner-api/routes.ts'
import { CONFIGURATION_PATH, DiscoveryShape, KEYS_PATH, KeysShape } from '../shapes/discovery.ts'
import { answerSchemas, type JsonSchema } from './json-schema.ts'
import { anywhere, Bytes, type Content, ENDPOINTS, type RunnerEndpoint } from './runner-endpoints.ts'

const DESCRIPTION = `The protocol between GitLab Runner and Yardmaster. Parameters may be in the query of any request, and in the
body as JSON or a form; the path overrides the body, and the body the query. Unknown ones are ignored. A text with
a NUL character or that is not UTF-8 is refused everywhere.`

/** What services that trust id tokens read, at addresses of its own and not below that of the protocol. */
const DISCOVERY: readonly (readonly [path: string, summary: string, shape: z.ZodType])[] = [
  [CONFIGURATION_PATH, 'Describes the issuer of id tokens.', DiscoveryShape],
  [KEYS_PATH, 'Lists the public keys for checking id tokens.', KeysShape],
]

/** Returns the OpenAPI document of the runner protocol. */
export function runnerOpenApiDocument(externalUrl: string) {
  const endpoints = RUNNER_ROUTES.map(([method, path]) => {
    const endpoint = ENDPOINTS[`${method} ${path as `/${string}`}`]
    if (!endpoint) throw new Error(`${method} ${path} is not described`)
    return { method, path, endpoint, answers: { ...anywhere(endpoint), ...endpoint.answers } }
  })
  const shapes = endpoints.flatMap(({ method, path, answers }) =>
    Object.entries(answers).flatMap(([status, content]) =>
      Object.entries(content ?? {}).map(([type, shape]) => [keyOf(method, path, status, type), shape] as const),
    ),
  )
  const schemas = answerSchemas({
    ...Object.fromEntries(shapes),
    ...Object.fromEntries(DISCOVERY.map(([path, , shape]) => [path, shape])),
  })
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { method, path, endpoint, answers } of endpoints) {
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    const responses = Object.entries(answers).map(([status, content]) => [
      status,
      {
        description: STATUS_CODES[status],
        ...headersOf(endpoint.responseHeaders?.[Number(status)]),
        ...(content && {
          content: contentOf(content, (type) => schemas.of[keyOf(method, path, status, type)] ?? {}),
        }),
      },
    ])
    paths[template] = {
      ...paths[template],
      [method]: { ...operation(path, endpoint), responses: Object.fromEntries(responses) },
    }
  }
  for (const [path, summary] of DISCOVERY) {
    const content = { 'application/json': { schema: schemas.of[path] ?? {} } }
    const responses = { 200: { description: STATUS_CODES[200], content } }
    paths[path] = { get: { summary, servers: [{ url: externalUrl }], responses } }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Runner protocol',
      version: '4',
      description: DESCRIPTION.replaceAll('\n', ' '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `${externalUrl}/api/v4` }],
    paths,
    components: { schemas: schemas.named },
  }
}

const keyOf = (method: string, path: string, status: string, type: string): string =>
  [method, path, status, type].join(' ')

const contentOf = (content: Content, schemaOf: (type: string) => JsonSchema) =>
  Object.fromEntries(
    // The content type alone describes the bytes of a file.
    Object.entries(content).map(([type, shape]) => [type, shape === Bytes ? {} : { schema: schemaOf(type) }]),
  )

const headersOf = (names: readonly string[] | undefined) =>
  names && { headers: Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }])) }

function operation(path: string, { summary, document, parameters, body, requestHeaders = [] }: RunnerEndpoint) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
  const { properties = {}, required = [], ...rules } = parameters ?? {}
  const rest = Object.fromEntries(Object.entries(properties).filter(([name]) => !inPath.includes(name)))
  const inBody = body === 'parameters'
  const placed = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } })),
    ...(inBody ? [] : Object.entries(rest).map(([name, schema]) => ({ name, in: 'query', schema }))),
    ...requestHeaders.map((name) => ({ name, in: 'header', schema: { type: 'string' } })),
  ]
  const needed = required.filter((name) => !inPath.includes(name))
  const schema = { ...rules, properties: rest, ...(needed.length > 0 && { required: needed }) }
  return {
    summary,
    description: `docs/protocol/${document}.md`,
    ...(placed.length > 0 && { parameters: placed }),
    ...(body !== null &&
      (!inBody || Object.keys(rest).length > 0) && { requestBody: { content: bodyOf(body, schema) } }),
  }
}

function bodyOf(body: NonNullable<RunnerEndpoint['body']>, schema: JsonSchema) {
  if (body === 'text/plain') return { [body]: {} }
  if (body === 'multipart/form-data') return { [body]: { schema: UPLOAD_FORM } }
  const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']
  return Object.fromEntries(types.map((type) => [type, { schema }]))
}

/** One file. The parameters of the query may also be fields. */
const UPLOAD_FORM: JsonSchema = {
  type: 'object',
  properties: { file: { type: 'string', format: 'binary' } },
  required: ['file'],
}
