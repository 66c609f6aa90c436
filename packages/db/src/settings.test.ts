import { DEFAULT_PROJECT_PATH, DEFAULT_SETTINGS } from '@yardmaster/domain'
import { describe, expect, it } from 'vitest'
import { seed } from './index.ts'
import { unique } from './samples.ts'
import { useTestDatabase } from './set-up.ts'

const test = useTestDatabase()

describe('settings', () => {
  it('start with defaults and change only where asked', async () => {
    expect(await test.stores.settings.get()).toEqual(DEFAULT_SETTINGS)
    const changed = { maintenance: true, archiveAfter: 3600 }
    expect(await test.stores.settings.update(changed)).toEqual({ ...DEFAULT_SETTINGS, ...changed })
    expect(await test.stores.settings.update({})).toEqual({ ...DEFAULT_SETTINGS, ...changed })
    expect(await test.stores.settings.update(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
  })

  it('keep a rotated registration token over the one of the environment', async () => {
    const token = unique()
    await test.stores.settings.replaceRegistrationToken(token)
    await seed(test.db, test.secrets, { registrationToken: 'from the environment' })
    expect(await test.stores.settings.registrationToken()).toBe(token)
  })

  it('come with a project that takes jobs which name none, once', async () => {
    const project = await test.stores.projects.findByPath(DEFAULT_PROJECT_PATH)
    await seed(test.db, test.secrets)
    expect(await test.stores.projects.findByPath(DEFAULT_PROJECT_PATH)).toEqual(project)
  })
})

describe('sign-in', () => {
  const soon = () => new Date(Date.now() + 60_000)
  const past = () => new Date(Date.now() - 1)

  it('works once per link, before it expires', async () => {
    const { addSignInLink, useSignInLink } = test.stores.sessions
    await addSignInLink('link', soon())
    await addSignInLink('old link', past())
    expect([await useSignInLink('link'), await useSignInLink('link')]).toEqual([true, false])
    expect([await useSignInLink('old link'), await useSignInLink('unknown')]).toEqual([false, false])
  })

  it('lasts until it expires or ends', async () => {
    const { add, isValid, remove, removeExpired } = test.stores.sessions
    await add('session', soon())
    await add('old session', past())
    expect([await isValid('session'), await isValid('old session'), await isValid('unknown')]).toEqual([
      true,
      false,
      false,
    ])
    await removeExpired()
    expect(await test.db.query('select digest from sessions')).toEqual([{ digest: 'session' }])
    await remove('session')
    expect(await isValid('session')).toBe(false)
  })
})
