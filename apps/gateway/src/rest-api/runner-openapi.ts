import { STATUS_CODES } from 'node:http'
import { RUNNER_ROUTES } from '../runner-api/routes.ts'

type Spelled = `${(typeof RUNNER_ROUTES)[number][0]} /${string}`

/** What each endpoint is for, where it is written down, and what it answers besides 400, 408, 413, 415, 429, 500 and 503. */
export const ENDPOINTS: Readonly<Record<Spelled, readonly [summary: string, document: string, ...statuses: number[]]>> =
  {
    'post /jobs/request': ['Asks for a job.', 'job-request', 201, 204, 403, 409],
    'put /jobs/:id': ['Reports the state of a job.', 'job-update', 200, 403, 409],
    'patch /jobs/:id/trace': ['Appends to the log of a job.', 'trace', 202, 403, 409, 416],
    'post /jobs/:id/artifacts': ['Uploads an artifact.', 'artifacts', 201, 403, 405],
    'get /jobs/:id/artifacts': ['Downloads the archive of a job.', 'artifacts', 200, 302, 401, 403, 404],
    'post /jobs/:id/artifacts/authorize': ['Asks whether an upload may come.', 'artifacts', 200, 403, 405],
    'post /runners': ['Registers a runner by registration token.', 'runners', 201, 403, 410],
    'delete /runners': ['Removes a runner by its token.', 'runners', 204, 403, 412],
    'post /runners/verify': ['Verifies a runner token.', 'runners', 200, 403],
    'delete /runners/managers': ['Removes one manager of a runner.', 'runners', 204, 403, 404, 412],
    'post /runners/reset_authentication_token': ['Replaces the token of a runner by itself.', 'runners', 201, 403],
    'post /runners/:id/reset_authentication_token': ['Replaces the token of a runner.', 'runners', 201, 401, 404],
    'post /user/runners': ['Creates a runner.', 'runners', 201, 401],
    'get /runners/router/discovery': ['Says that there is no Job Router.', 'runners', 403, 501],
    'get /runners': ['Is not offered.', 'runners', 401],
    'get /runners/:id': ['Is not offered.', 'runners', 401],
  }

const ANYWHERE = [400, 408, 413, 415, 429, 500, 503] as const

/**
 * Makes the OpenAPI document of the runner protocol: its endpoints and their statuses. What they take and answer is in
 * `docs/protocol/README.md`.
 */
export function runnerOpenApiDocument(server: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [method, path] of RUNNER_ROUTES) {
    const described = ENDPOINTS[`${method} ${path as `/${string}`}`]
    if (!described) throw new Error(`${method} ${path} is not described`)
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method]: operation(path, described) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Runner protocol',
      version: '4',
      description:
        'What GitLab Runner speaks with Yardmaster. Bodies are JSON or forms unless an endpoint says otherwise.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    paths,
  }
}

function operation(path: string, [summary, document, ...statuses]: readonly [string, string, ...number[]]) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  return {
    summary,
    description: `docs/protocol/${document}.md`,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'integer' } })),
    }),
    responses: Object.fromEntries(
      [...new Set([...statuses, ...ANYWHERE])]
        .sort((one, other) => one - other)
        .map((status) => [status, { description: STATUS_CODES[status] }]),
    ),
  }
}
