import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAuthenticator } from './access/authenticator.ts'
import { ADMIN_TOKEN, type Answer, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

/** A gateway behind a configured proxy on this machine. */
let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway({ proxies: ['127.0.0.0/8'] })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const form = { 'content-type': 'application/x-www-form-urlencoded' }

const post = (to: TestGateway, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  to.call('POST', '/sign-in', { body: new URLSearchParams(fields).toString(), headers: { ...form, ...headers } })

const cookieOf = (answer: Answer): string => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''

const signIn = async (to: TestGateway): Promise<string> => cookieOf(await post(to, { token: ADMIN_TOKEN }))

const isSignedIn = async (to: TestGateway, cookie: string): Promise<boolean> =>
  (await to.call('GET', '/trpc/settings.get', { headers: { cookie } })).status === 200

/** Opens the authenticator of another process on the same stores. */
const authenticatorOf = (to: TestGateway, adminToken = ADMIN_TOKEN) =>
  openAuthenticator(to.services, { adminToken, externalUrl: to.url })

describe('a wrong token', () => {
  it('is answered with "wait" from the eleventh in a minute on, and the right one never is', async () => {
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt++) statuses.push((await post(gateway, { token: 'wrong' })).status)
    // A minute may have ended meanwhile.
    expect(statuses.slice(0, 10).every((status) => status === 403)).toBe(true)
    expect(statuses).toContain(429)
    expect((await post(gateway, { token: ADMIN_TOKEN })).status).toBe(303)
    expect((await post(gateway, { token: ADMIN_TOKEN }, { 'x-forwarded-for': '203.0.113.1' })).status).toBe(303)
  })

  /** Returns whether a client with these addresses has to wait after many wrong tokens. */
  async function waits(addressOf: (attempt: number) => string): Promise<boolean> {
    for (let attempt = 0; attempt < 24; attempt++) {
      const { status } = await post(gateway, { token: 'wrong' }, { 'x-forwarded-for': addressOf(attempt) })
      if (status === 429) return true
    }
    return false
  }

  it('is counted by the client address from a configured proxy', async () => {
    expect(await waits((attempt) => `198.51.100.${attempt}`)).toBe(false)
    expect(await waits(() => '198.51.100.200')).toBe(true)
  })

  it('is counted for all addresses of one IPv6 network together', async () => {
    expect(await waits((attempt) => `2001:db8:1:2::${attempt.toString(16)}`)).toBe(true)
    expect(await waits((attempt) => `2001:db8:2:${attempt.toString(16)}::1`)).toBe(false)
  })
})

describe('a sign-in link', () => {
  it('is used up by its button, and not by opening it', async () => {
    const token = await authenticatorOf(gateway).makeSignInLink()
    for (const method of ['HEAD', 'GET', 'GET']) {
      const page = await gateway.call(method, `/sign-in?token=${token}`)
      expect({ status: page.status, cookie: page.headers['set-cookie'] }).toEqual({ status: 200, cookie: undefined })
      expect(page.headers['content-security-policy']).toContain("style-src 'self'")
      expect(page.headers['cache-control']).toBe('no-store')
    }
    const used = await post(gateway, { link: token }, { origin: gateway.url })
    expect({ status: used.status, location: used.headers.location }).toEqual({ status: 303, location: '/' })
    expect(await isSignedIn(gateway, cookieOf(used))).toBe(true)

    for (const again of [
      await post(gateway, { link: token }),
      await gateway.call('GET', `/sign-in?token=${token}`),
      await gateway.call('GET', '/sign-in?token=%22%3E%3Cscript%3E'),
    ]) {
      expect({ status: again.status, cookie: again.headers['set-cookie'] }).toEqual({ status: 403, cookie: undefined })
      expect(again.text).toContain('was used or has expired')
      expect(again.text).not.toContain('<script')
    }
  })

  it('has a page without inline scripts and styles, which the policy would refuse', async () => {
    const token = await authenticatorOf(gateway).makeSignInLink()
    const { text } = await gateway.call('GET', `/sign-in?token=${token}`)
    expect(text).not.toMatch(/<script|<style|style=|\son\w+=/)
    expect(text).toContain(`name="link" value="${token}"`)
  })
})

describe('a request from another site', () => {
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
  ]

  it.each(foreign)('%j does not sign out', async (headers) => {
    const cookie = await signIn(gateway)
    const answer = await gateway.call('POST', '/sign-out', {
      headers: { cookie, ...headers } as Record<string, string>,
    })
    expect({ status: answer.status, cookie: answer.headers['set-cookie'] }).toEqual({ status: 403, cookie: undefined })
    expect(await isSignedIn(gateway, cookie)).toBe(true)
  })

  it.each(foreign)('%j does not sign in', async (headers) => {
    const answer = await post(gateway, { token: ADMIN_TOKEN }, headers as Record<string, string>)
    expect({ status: answer.status, cookie: answer.headers['set-cookie'] }).toEqual({ status: 403, cookie: undefined })
  })

  it('differs from one of our own pages, and from one of a program without an origin', async () => {
    for (const headers of [{}, { origin: gateway.url }, { 'sec-fetch-site': 'same-origin' }]) {
      const cookie = await signIn(gateway)
      const given = { cookie, ...headers } as Record<string, string>
      expect((await gateway.call('POST', '/sign-out', { headers: given })).status).toBe(303)
      expect(await isSignedIn(gateway, cookie)).toBe(false)
    }
  })
})

describe('all sessions', () => {
  it('end on demand, with all unused links and an audit event', async () => {
    const [one, other] = [await signIn(gateway), await signIn(gateway)]
    const link = await authenticatorOf(gateway).makeSignInLink()
    const headers = { cookie: one, origin: gateway.url }
    expect((await gateway.call('POST', '/trpc/settings.endSessions', { headers, json: null })).status).toBe(200)
    expect([await isSignedIn(gateway, one), await isSignedIn(gateway, other)]).toEqual([false, false])
    expect((await post(gateway, { link })).status).toBe(403)
    expect(await gateway.admin('query', 'audit.list', { action: 'settings.endSessions' })).toMatchObject({
      items: [{ actor: { kind: 'session' }, outcome: 'done', subjectKind: 'settings' }],
    })
    expect(await isSignedIn(gateway, await signIn(gateway))).toBe(true)
  })

  it('end when the administrator’s token changes', async () => {
    const cookie = await signIn(gateway)
    const link = await authenticatorOf(gateway).makeSignInLink()
    const withAnother = authenticatorOf(gateway, 'ymat-another-token-of-tests')
    expect(await withAnother.isSignInLink(link)).toBe(false)
    expect(await withAnother.useSignInLink(link, null)).toBe(null)
    const req = { headers: { cookie } } as Parameters<typeof withAnother.access>[0]
    expect(await withAnother.access(req)).toEqual({ kind: 'nobody' })
    expect(await authenticatorOf(gateway).access(req)).toMatchObject({ kind: 'session' })
  })
})
