import { STATUS_CODES } from 'node:http'
import { SESSION_COOKIE } from '../access/authenticator.ts'
import { answerSchemas, type JsonSchema } from './json-schema.ts'
import { ProblemShape } from './problem.ts'
import { statusOfKind } from './refusal-kinds.ts'
import { type Parameter, REST_ROUTES, type RestRoute } from './routes.ts'
import { describeWebhooks, webhookShapes } from './webhook-requests.ts'

/** Problem statuses of every route. */
const ANYWHERE = [400, 401, 500, 503] as const
/** Further problem statuses of routes that take a body. */
const WITH_BODY = [408, 413, 415] as const
/** Problem status of a change by a session from another site. */
const WITH_CHANGES = 403

const DESCRIPTION = `The admin API of Yardmaster over plain HTTP and JSON: the same procedures as over tRPC, with the same
limits and audit events. Times are ISO 8601 in UTC, durations seconds, sizes bytes. Lists take \`limit\` and
\`cursor\`, and answer with \`nextCursor\`, which is null on the last page. Refusals are problem documents (RFC 9457).`

/** Returns the OpenAPI document of the admin API. @param server - address to which the paths are relative. */
export function openApiDocument(server: string) {
  const answers = answerSchemas({
    ...Object.fromEntries(REST_ROUTES.map(({ procedure, output }) => [procedure, output])),
    problem: ProblemShape,
    ...webhookShapes(),
  })
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of REST_ROUTES) {
    paths[route.path] ??= {}
    Object.assign(paths[route.path] ?? {}, {
      [route.method.toLowerCase()]: operation(route, answers.of[route.procedure] ?? {}),
    })
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Yardmaster admin API',
      version: '1',
      description: DESCRIPTION.replaceAll('\n', ' '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(REST_ROUTES.map(nounOf))].map((name) => ({ name })),
    paths,
    webhooks: describeWebhooks(answers),
    components: {
      schemas: answers.named,
      responses: Object.fromEntries(statuses().map((status) => [`Problem${status}`, problemResponse(status)])),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of an administrator.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'The cookie of a signed-in browser. It allows changes only from the dashboard’s own pages.',
        },
      },
    },
  }
}

/** Returns the first part of a procedure’s name. */
const nounOf = ({ procedure }: Pick<RestRoute, 'procedure'>): string => procedure.split('.')[0] ?? ''

function operation(route: RestRoute, answer: JsonSchema) {
  return {
    operationId: route.procedure,
    tags: [nounOf(route)],
    summary: route.summary,
    ...(route.parameters.length > 0 && { parameters: route.parameters.map(parameterObject) }),
    ...(route.body && {
      requestBody: { required: route.body.required, content: { 'application/json': { schema: route.body.schema } } },
    }),
    responses: {
      [route.status]: success(route, answer),
      ...Object.fromEntries(
        problemsOf(route).map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
    },
  }
}

function parameterObject({ name, in: place, required, schema }: Parameter) {
  return { name, in: place, required, schema, ...(schema.type === 'array' && { style: 'form', explode: true }) }
}

function success({ status, kind }: RestRoute, answer: JsonSchema) {
  const description = STATUS_CODES[status]
  if (status === 204) return { description }
  if (kind !== 'subscription') return { description, content: { 'application/json': { schema: answer } } }
  return {
    description: 'Events as they occur. The data of each is JSON of this schema; its id, if any, is where to resume.',
    content: { 'text/event-stream': { schema: { type: 'string' }, 'x-event-schema': answer } },
  }
}

/** Returns the problem statuses of a route. */
function problemsOf({ kind, refuses, method }: RestRoute): number[] {
  const all = new Set<number>([...ANYWHERE, ...refuses.map(statusOfKind)])
  if (kind === 'mutation') all.add(WITH_CHANGES)
  if (method !== 'GET') for (const status of WITH_BODY) all.add(status)
  return [...all].sort((one, other) => one - other)
}

const statuses = (): number[] => [...new Set(REST_ROUTES.flatMap(problemsOf))]

const problemResponse = (status: number) => ({
  description: STATUS_CODES[status],
  ...(status === 401 && { headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } }),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})
