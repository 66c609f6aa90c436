import { Admin } from '../support/admin.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

/** Signs in as the dashboard's form does. */
async function signIn(url: string, token: string) {
  const reply = await send('POST', `${url}/sign-in`, {
    body: new URLSearchParams({ token }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  const cookie = reply.headers.getSetCookie()[0] ?? ''
  return { reply, cookie, session: cookie.split(';')[0] ?? '' }
}

test('without a token, with a wrong one and with a runner’s, every procedure is UNAUTHORIZED', async ({
  gateway,
  runner,
}) => {
  for (const headers of [
    {},
    { Authorization: 'Bearer wrong' },
    { Authorization: `Bearer ${runner.token}` },
    { Cookie: 'yardmaster_session=forged' },
  ]) {
    const nobody = new Admin(gateway.url, { headers: headers as Record<string, string> })
    await expect(nobody.query('jobs.list')).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
    await expect(nobody.query('settings.get')).rejects.toMatchObject({ status: 401 })
    await expect(nobody.mutate('jobs.create', { name: 'x', definition: { script: ['x'] } })).rejects.toMatchObject({
      status: 401,
    })
    await expect(nobody.watchTrace(1).next()).rejects.toThrow()
  }
})

test('the token signs in, and the cookie is for this site only and hidden from scripts', async ({ gateway }) => {
  const { reply, cookie, session } = await signIn(gateway.url, gateway.adminToken)
  expect(reply.status).toBe(303)
  expect(cookie).toMatch(/HttpOnly/)
  expect(cookie).toMatch(/SameSite=(Lax|Strict)/)
  const browser = new Admin(gateway.url, { headers: { Cookie: session } })
  expect(await browser.query('jobs.list')).toHaveProperty('items')
})

test('a wrong token does not sign in', async ({ gateway }) => {
  const { reply, cookie } = await signIn(gateway.url, 'wrong')
  // The first ten in a minute are refused, further ones have to wait.
  expect([403, 429]).toContain(reply.status)
  expect(cookie).toBe('')
})

test('with the cookie, only the dashboard’s own pages may make changes', async ({ gateway, project }) => {
  const { session } = await signIn(gateway.url, gateway.adminToken)
  const asked = { id: project.id, timeout: 1234 }
  const mutate = (headers: Record<string, string>) =>
    new Admin(gateway.url, { headers: { Cookie: session, ...headers } }).mutate('projects.update', asked)
  for (const headers of [
    {},
    { Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'null' },
  ]) {
    await expect(mutate(headers as Record<string, string>)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
  expect((await mutate({ 'Sec-Fetch-Site': 'same-origin', Origin: gateway.url })).timeout).toBe(1234)
  expect((await mutate({ Origin: gateway.url })).timeout).toBe(1234)
})

test('another site cannot end a session', async ({ gateway }) => {
  const { session } = await signIn(gateway.url, gateway.adminToken)
  for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    const reply = await send('POST', `${gateway.url}/sign-out`, { headers: { Cookie: session, ...headers } as never })
    expect(reply.status).toBe(403)
  }
  await new Admin(gateway.url, { headers: { Cookie: session } }).query('jobs.list')
})

test('signing out ends the session', async ({ gateway }) => {
  const { session } = await signIn(gateway.url, gateway.adminToken)
  const browser = new Admin(gateway.url, { headers: { Cookie: session } })
  await browser.query('jobs.list')
  await send('POST', `${gateway.url}/sign-out`, { headers: { Cookie: session } })
  await expect(browser.query('jobs.list')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})

test('the link printed at startup signs in once', async ({ startGateway, storage }) => {
  const fresh = await startGateway({ env: { ...storage.env } })
  const link = /Sign in, once: +(\S+)/.exec(fresh.output)?.[1] ?? ''
  const token = new URL(link).searchParams.get('token') ?? ''
  const press = () =>
    send('POST', `${fresh.url}/sign-in`, {
      body: new URLSearchParams({ link: token }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: fresh.url },
    })
  for (const method of ['HEAD', 'GET']) expect((await send(method, link)).status).toBe(200)
  const first = await press()
  expect(first.status).toBe(303)
  const session = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  expect(await new Admin(fresh.url, { headers: { Cookie: session } }).query('jobs.list')).toHaveProperty('items')
  const second = await press()
  expect(second.status).toBe(403)
  expect((await send('GET', link)).status).toBe(403)
  expect(second.headers.getSetCookie()).toEqual([])
})
