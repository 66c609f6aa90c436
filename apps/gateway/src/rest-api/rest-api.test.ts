import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { sampleOf } from '../admin-api/input-leaves.ts'
import { appRouter } from '../admin-api/router.ts'
import { RUNNER_ROUTES } from '../runner-api/routes.ts'
import { ADMIN_TOKEN, type Answer, type Call, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'
import type { openApiDocument } from './openapi.ts'
import { DOCUMENTED_KINDS } from './refusal-kinds.ts'
import { REST_API } from './rest-path.ts'
import { REST_ROUTES, type RestRoute } from './routes.ts'
import { ENDPOINTS } from './runner-endpoints.ts'

const AUTHORIZATION = { authorization: `Bearer ${ADMIN_TOKEN}` }

let gateway: TestGateway
let document: ReturnType<typeof openApiDocument>
let jobId: number
let runner: { id: number; token: string }
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
})

beforeAll(async () => {
  gateway = await startTestGateway()
  document = (await gateway.call('GET', '/api/openapi.json')).body as typeof document
  ajv.addSchema({ $id: 'document', ...document })
  runner = await gateway.register()
  jobId = (
    await gateway.admin<{ id: number }>('mutation', 'jobs.create', { name: 'a', definition: { script: ['true'] } })
  ).id
})
afterAll(() => gateway[Symbol.asyncDispose]())

const ask = (method: string, path: string, { headers, ...call }: Call = {}) =>
  gateway.call(method, REST_API + path, { ...call, headers: { ...AUTHORIZATION, ...headers } })

/** Returns how an answer differs from the document; empty when they agree. */
function faultsOf({ method, path }: Pick<RestRoute, 'method' | 'path'>, answer: Answer): string[] {
  const operation = document.paths[path]?.[method.toLowerCase()] as { responses: Record<string, unknown> } | undefined
  if (!operation?.responses[answer.status]) return [`${answer.status} is not documented`]
  const type = answer.headers['content-type']
  if (answer.status === 204) return answer.text === '' ? [] : ['204 with a body']
  if (answer.status >= 400 && type !== 'application/problem+json') return [`a problem as ${type}`]
  const place = [
    ...['paths', path, method.toLowerCase(), 'responses', String(answer.status), 'content', type ?? ''],
    ...(type === 'text/event-stream' ? ['x-event-schema'] : ['schema']),
  ]
  const pointer =
    answer.status >= 400
      ? '#/components/schemas/Problem'
      : `#/${place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
  const fits = ajv.getSchema(`document${pointer}`)
  if (!fits) return [`${pointer} is not in the document`]
  const body = type === 'text/event-stream' ? JSON.parse(/^data: (.*)$/m.exec(answer.text)?.[1] ?? '') : answer.body
  return fits(body) ? [] : (fits.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)
}

interface Ids {
  readonly [name: string]: number
}

/** Calls a route with a minimal valid input that contains these ids. */
async function askRoute(route: RestRoute, ids: Ids): Promise<Answer> {
  const { inputs } = (appRouter._def.procedures as unknown as Record<string, { _def: { inputs: z.ZodType[] } }>)[
    route.procedure
  ]?._def ?? { inputs: [] }
  const input = (inputs[0] ? sampleOf(inputs[0], [], ids) : {}) as Record<string, unknown>
  const rest = { ...input }
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    delete rest[name]
    return String(input[name])
  })
  if (route.body) return await ask(route.method, path, { json: rest })
  const query = new URLSearchParams(rest as Record<string, string>)
  if (route.kind === 'subscription') return await firstEvent(`${path}?${query}`)
  return await ask(route.method, `${path}?${query}`)
}

async function firstEvent(path: string): Promise<Answer> {
  const over = new AbortController()
  const answer = await fetch(gateway.url + REST_API + path, { headers: AUTHORIZATION, signal: over.signal })
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (answer.ok && text.includes('\n\n')) break
  }
  over.abort()
  const body = answer.ok ? undefined : JSON.parse(text)
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text, body }
}

test('every procedure is in the document once, and everything in the document is a procedure', () => {
  const documented = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((operation) => (operation as { operationId: string }).operationId),
  )
  expect(documented.sort()).toEqual(Object.keys(appRouter._def.procedures).sort())
})

test('the schemas of the document are valid and refer only to existing ones', () => {
  for (const name of Object.keys(document.components.schemas)) {
    expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` }), name).not.toThrow()
  }
})

test('every operation answers as documented, for existing and for missing things', async () => {
  const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/rest' })
  const { id: projectRunner } = await gateway.admin<{ id: number }>('mutation', 'runners.create', {
    runnerType: 'project_type',
    projectId: project.id,
  })
  const webhook = await gateway.admin<{ id: number }>('mutation', 'webhooks.create', { url: 'http://127.0.0.1:9/' })
  const schedule = await gateway.admin<{ id: number }>('mutation', 'schedules.create', {
    ...{ projectId: project.id, description: 'Nightly', cron: '0 4 * * *', content: 'job: { script: [x] }' },
  })
  const ids = {
    ...{ jobs: jobId, projects: project.id, runners: projectRunner, webhooks: webhook.id, groups: 1 },
    schedules: schedule.id,
  }
  const last = (route: RestRoute) => Number(route.method === 'DELETE')
  for (const route of REST_ROUTES.toSorted((one, other) => last(one) - last(other))) {
    const noun = route.procedure.split('.')[0] as keyof typeof ids
    const there = { id: ids[noun] ?? 1, jobId, projectId: project.id, deliveryId: 1 }
    for (const numbers of [
      there,
      { id: 2_147_483_647, jobId: 2_147_483_647, projectId: 2_147_483_647, deliveryId: 1 },
    ]) {
      const answer = await askRoute(route, numbers)
      expect(
        faultsOf(route, answer),
        `${route.method} ${route.path}: ${answer.status} ${answer.text.slice(0, 300)}`,
      ).toEqual([])
    }
  }
})

test('queries return the same as their procedures', async () => {
  for (const [path, procedure, input] of [
    [`/jobs?status=pending&limit=1`, 'jobs.list', { status: 'pending', limit: 1 }],
    [`/jobs/${jobId}`, 'jobs.get', { id: jobId }],
    [`/projects?ids=1&ids=2`, 'projects.list', { ids: [1, 2] }],
    ['/groups', 'groups.list', undefined],
    ['/runners?paused=false', 'runners.list', { paused: false }],
    [`/jobs/${jobId}/trace/lines?last=true`, 'traces.lines', { jobId, last: true }],
  ] as const) {
    const { status, body } = await ask('GET', path)
    expect(status, path).toBe(200)
    expect(body).toEqual(await gateway.admin('query', procedure, input))
  }
})

test('creating something is answered with 201 and recorded with the actor', async () => {
  const made = await ask('POST', '/projects', { json: { path: 'yard/on-record' } })
  expect(made.status).toBe(201)
  const { id } = made.body as { id: number }
  const { items } = (await ask('GET', `/audit-events?subjectKind=project&subjectId=${id}`)).body as { items: unknown[] }
  expect(items).toEqual([
    expect.objectContaining({
      action: 'projects.create',
      outcome: 'done',
      actor: expect.objectContaining({ kind: 'admin_token' }),
    }),
  ])
})

test('a refusal is a problem document that names its kind and the fields', async () => {
  const missing = await ask('GET', '/jobs/2147483647')
  expect(missing.headers['content-type']).toBe('application/problem+json')
  expect(missing).toMatchObject({
    status: 404,
    body: {
      type: `${gateway.url}/api/docs#job_not_found`,
      title: 'Not Found',
      status: 404,
      detail: 'There is no job 2147483647.',
      kind: 'job_not_found',
      fields: [],
      details: { id: 2_147_483_647 },
    },
  })
  const odd = await ask('POST', '/jobs', { json: { name: '', variables: [{ key: '', value: 'x' }], definition: {} } })
  expect(odd).toMatchObject({ status: 400, body: { kind: 'input_invalid' } })
  expect((odd.body as { fields: { path: string }[] }).fields.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['name', 'variables[0].key']),
  )
})

test('an unknown, repeated or misplaced parameter is refused by name', async () => {
  for (const [method, path, json, name] of [
    ['GET', '/jobs?statu=pending', undefined, 'statu'],
    ['GET', '/jobs?limit=1&limit=2', undefined, 'limit'],
    ['GET', '/jobs?limit=many', undefined, 'limit'],
    ['GET', '/jobs/first', undefined, 'id'],
    ['GET', '/settings?maintenance=true', undefined, 'maintenance'],
    ['PATCH', '/settings?maintenance=true', {}, 'maintenance'],
    ['PATCH', '/projects/1', { id: 2, timeout: 60 }, 'id'],
    ['POST', `/jobs/${jobId}/retry`, { id: jobId }, 'id'],
    ['POST', `/jobs/${jobId}/retry`, { force: true }, 'force'],
    ['POST', '/settings/end-sessions', { now: true }, 'now'],
  ] as const) {
    const answer = await ask(method, path, json && { json })
    expect(answer, `${method} ${path}`).toMatchObject({ status: 400, body: { kind: 'input_invalid' } })
    expect((answer.body as { fields: { path: string }[] }).fields, path).toContainEqual(
      expect.objectContaining({ path: name }),
    )
  }
})

test('a body that is not JSON, not an object, too large or too deep is refused as over tRPC', async () => {
  const post = (body: string, type = 'application/json') =>
    ask('POST', '/projects', { body, headers: { 'content-type': type } })
  expect(await post('{"path":"a"}', 'text/plain')).toMatchObject({ status: 415 })
  expect(await post('{"path"')).toMatchObject({ status: 400, body: { kind: 'body_invalid' } })
  expect(await post('["path"]')).toMatchObject({ status: 400, body: { kind: 'body_invalid' } })
  expect(await post('['.repeat(200))).toMatchObject({ status: 400, body: { kind: 'body_invalid' } })
  expect(await post(JSON.stringify({ path: 'a'.repeat(1_048_576) }))).toMatchObject({
    status: 413,
    body: { kind: 'body_too_large' },
  })
})

test('without a token every route answers 401, without reading the body', async () => {
  for (const { method, path } of REST_ROUTES) {
    const answer = await gateway.call(method, REST_API + path.replaceAll(/\{\w+\}/g, '1'))
    expect(answer, `${method} ${path}`).toMatchObject({ status: 401, body: { kind: 'unauthenticated' } })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  }
})

test('a wrong method is answered with the allowed ones, and an unknown path with a problem document', async () => {
  const answer = await ask('PUT', '/jobs')
  expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST, GET, HEAD, OPTIONS' }, body: { status: 405 } })
  expect(await ask('OPTIONS', '/jobs/1/cancel')).toMatchObject({ status: 204, headers: { allow: 'POST, OPTIONS' } })
  expect(await ask('GET', '/jobs/batch')).toMatchObject({ status: 405 })
  expect(await ask('HEAD', '/jobs')).toMatchObject({ status: 200, text: '' })
  expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, body: { kind: 'procedure_not_found' } })
})

test('following a log resumes after the last event, and its end ends the stream', async () => {
  await gateway.admin('mutation', 'jobs.create', { name: 'a', definition: { script: ['true'] } })
  // Every operation was tried, and one paused it.
  await gateway.admin('mutation', 'runners.update', { id: runner.id, paused: false })
  const { body } = await gateway.post('/jobs/request', { token: runner.token, system_id: 's_rest' })
  const { id, token } = body as { id: number; token: string }
  const patch = await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, {
    body: 'one\ntwo\n',
    headers: { 'job-token': token, 'content-range': '0-7', 'content-type': 'text/plain' },
  })
  expect(patch.status).toBe(202)
  await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })
  const whole = await ask('GET', `/jobs/${id}/trace/events`)
  expect(whole.headers['content-type']).toBe('text/event-stream')
  expect(whole.text).toMatch(
    /^id: 8\ndata: {"from":0,"text":"one\\ntwo\\n","size":8,"status":"success","complete":true}\n\n$/,
  )
  const rest = await ask('GET', `/jobs/${id}/trace/events`, { headers: { 'last-event-id': '4' } })
  expect(rest.text).toContain('"from":4,"text":"two\\n"')
})

test('the document of the runner protocol has exactly the endpoints of its table, and those about id tokens', async () => {
  const { paths } = (await gateway.call('GET', '/api/runner-openapi.json')).body as typeof document
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  const aboutIdTokens = ['get /.well-known/openid-configuration', 'get /oauth/discovery/keys']
  expect(all.filter((endpoint) => aboutIdTokens.includes(endpoint))).toEqual(aboutIdTokens)
  const documented = all.filter((endpoint) => !aboutIdTokens.includes(endpoint))
  expect(documented.sort()).toEqual(Object.keys(ENDPOINTS).sort())
  expect(documented.sort()).toEqual(RUNNER_ROUTES.map(([method, path]) => `${method} ${path}`).sort())
})

test('the reference page explains the links of problems, without inline scripts or styles', async () => {
  const page = await gateway.call('GET', '/api/docs')
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  const ids = new Set([...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const targets = [...page.text.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
  expect(targets.filter((id) => !ids.has(id))).toEqual([])
  for (const { procedure } of REST_ROUTES) expect(ids).toContain(procedure)
  for (const kind of DOCUMENTED_KINDS) expect(ids).toContain(kind)
  expect(page.text).not.toMatch(/<script|<style| style=| on\w+=/)
})
