import { DEFAULT_SETTINGS, digestOf } from '@yardmaster/domain'
import { DEFAULT_PROJECT_PATH } from '@yardmaster/domain/projects'
import { describe, expect, it } from 'vitest'
import { seed } from './index.ts'
import { unique } from './testing/samples.ts'
import { useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

describe('settings', () => {
  it('start with defaults, and only the given ones change', async () => {
    expect(await test.stores.settings.get()).toEqual(DEFAULT_SETTINGS)
    const changed = { maintenance: true, archiveAfter: 3600, maxStoredBytes: 5_000_000_000 }
    expect(await test.stores.settings.update(changed)).toEqual({ ...DEFAULT_SETTINGS, ...changed })
    expect(await test.stores.settings.update({})).toEqual({ ...DEFAULT_SETTINGS, ...changed })
    expect(await test.stores.settings.update(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
  })

  it('prefer a rotated registration token to the one of the environment', async () => {
    const token = unique()
    await test.stores.settings.replaceRegistrationToken(token)
    await seed(test.db, test.secrets, { registrationToken: 'from the environment' })
    expect(await test.stores.settings.registrationToken()).toBe(token)
  })

  it('show no registration token while it is damaged, until it is replaced', async () => {
    const { settings } = test.stores
    const token = unique()
    await settings.replaceRegistrationToken(token)
    await test.db.query("update settings set registration_token = decode('00', 'hex')")
    expect(await settings.registrationToken()).toBeNull()
    expect(await settings.isRegistrationToken(digestOf(token))).toBe(true)
    await settings.replaceRegistrationToken('another')
    expect(await settings.registrationToken()).toBe('another')
    expect(await settings.isRegistrationToken(digestOf(token))).toBe(false)
  })

  it('come with one project for jobs created without a project', async () => {
    const project = await test.stores.projects.findByPath(DEFAULT_PROJECT_PATH)
    await seed(test.db, test.secrets)
    expect(await test.stores.projects.findByPath(DEFAULT_PROJECT_PATH)).toEqual(project)
  })
})

describe('sign-in', () => {
  const soon = () => new Date(Date.now() + 60_000)
  const past = () => new Date(Date.now() - 1)

  const boundTo = 'a token'

  it('works once per link, before it expires', async () => {
    const { addSignInLink, hasSignInLink, useSignInLink } = test.stores.sessions
    await addSignInLink({ digest: 'link', boundTo, expiresAt: soon() })
    await addSignInLink({ digest: 'old link', boundTo, expiresAt: past() })
    const has = (digest: string) => hasSignInLink({ digest, boundTo })
    const use = (digest: string) => useSignInLink({ digest, boundTo })
    expect([await has('link'), await has('link'), await has('old link')]).toEqual([true, true, false])
    expect([await use('link'), await use('link'), await has('link')]).toEqual([true, false, false])
    expect([await use('old link'), await use('unknown')]).toEqual([false, false])
  })

  it('lasts until it expires or ends', async () => {
    const { add, isValid, remove, removeExpired } = test.stores.sessions
    const valid = (digest: string) => isValid({ digest, boundTo })
    await add({ digest: 'session', boundTo, expiresAt: soon() })
    await add({ digest: 'old session', boundTo, expiresAt: past() })
    expect([await valid('session'), await valid('old session'), await valid('unknown')]).toEqual([true, false, false])
    await removeExpired()
    expect(await test.db.query('select digest from sessions')).toEqual([{ digest: 'session' }])
    await remove('session')
    expect(await valid('session')).toBe(false)
  })

  it('ends when the administrator’s token changes, and all end at once', async () => {
    const { add, addSignInLink, isValid, hasSignInLink, useSignInLink, removeAll } = test.stores.sessions
    const given = { digest: 'bound', boundTo, expiresAt: soon() }
    await add(given)
    await addSignInLink(given)
    const other = { digest: 'bound', boundTo: 'another token' }
    expect([await isValid(other), await hasSignInLink(other), await useSignInLink(other)]).toEqual([
      false,
      false,
      false,
    ])
    expect([await isValid(given), await hasSignInLink(given)]).toEqual([true, true])
    await removeAll()
    expect([await isValid(given), await hasSignInLink(given)]).toEqual([false, false])
  })

  it('of an earlier release, which bound it to no token, is bound once and continues', async () => {
    const { isValid, hasSignInLink, bindOld, removeAll } = test.stores.sessions
    await test.db.query('insert into sessions (digest, expires_at) values ($1, $2)', ['before', soon()])
    await test.db.query('insert into sign_in_links (digest, expires_at) values ($1, $2)', ['before', soon()])
    const before = { digest: 'before', boundTo }
    expect([await isValid(before), await hasSignInLink(before)]).toEqual([false, false])
    await bindOld(boundTo)
    await bindOld('another token')
    expect([await isValid(before), await hasSignInLink(before)]).toEqual([true, true])
    await removeAll()
  })
})
