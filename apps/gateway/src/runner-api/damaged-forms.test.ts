import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
let routes: { readonly method: string; readonly path: string }[]

beforeAll(async () => {
  gateway = await startTestGateway()
  const listed = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../list-routes.ts')])
  routes = (JSON.parse(listed.stdout) as { routes: typeof routes }).routes.filter(
    ({ method, path }) => path.startsWith('/api/') && !['ALL', 'GET'].includes(method),
  )
})
afterAll(() => gateway[Symbol.asyncDispose]())

const part = (head: string, content: string): string => `--line\r\n${head}\r\n\r\n${content}\r\n`
const FORM = [
  part('Content-Disposition: form-data; name=token', 'x'),
  part('Content-Disposition: form-data', 'x'),
  part('Content-Disposition: form-data; name=file; filename=f', 'x'),
  '--line--',
].join('')

const send = ({ method, path }: (typeof routes)[number], body: string, type: string) =>
  gateway.call(method, path.replace(':id', '1'), { body, headers: { 'content-type': type } })

/** Routes of the admin API refuse before they read: each of them gets every twentieth cut. */
const EVERY = 20

test('every route that reads forms refuses a form that is cut off at any byte', async () => {
  expect(routes.length).toBeGreaterThan(10)
  for (const [at, route] of routes.entries()) {
    const readsForms = route.path.startsWith('/api/v4/')
    const lengths = Array.from({ length: FORM.length }, (_, length) => length)
    const cuts = lengths
      .filter((length) => readsForms || length % EVERY === at % EVERY)
      .map((length) => FORM.slice(0, length))
    const answers = await Promise.all(cuts.map((cut) => send(route, cut, 'multipart/form-data; boundary=line')))
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].filter((status) => status < 400 || status >= 500)).toEqual([])
  }
  expect((await gateway.call('GET', '/healthz')).status).toBe(200)
})

test.each([
  ['JSON', 'application/json', '{"token":'],
  ['urlencoded', 'application/x-www-form-urlencoded', 'token=%'],
  ['text', 'text/plain', 'token'],
  ['nothing', '', ''],
  ['a form without a boundary', 'multipart/form-data', FORM],
  ['a form with another boundary', 'multipart/form-data; boundary=other', FORM],
  ['a form in a form', 'multipart/form-data; boundary=outer', `--outer\r\n${FORM}\r\n--outer--`],
  ['a form with an endless header', 'multipart/form-data; boundary=line', `--line\r\n${'a'.repeat(100_000)}`],
])('%s is refused by every route', async (_, type, body) => {
  for (const route of routes) {
    const { status } = await send(route, body, type)
    expect(`${route.method} ${route.path}: ${Math.floor(status / 100)}xx`).toBe(`${route.method} ${route.path}: 4xx`)
  }
  expect((await gateway.call('GET', '/healthz')).status).toBe(200)
})
