import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const settings = () => gateway.admin<Record<string, unknown>>('query', 'settings.get')

it('settings are shown and changed when the registration token is damaged, and it can be replaced', async () => {
  const before = await settings()
  await gateway.database.db.query("update settings set registration_token = decode('00', 'hex')")
  expect(await settings()).toEqual({ ...before, registrationToken: null })
  expect(await gateway.admin('mutation', 'settings.update', { fairScheduling: true })).toMatchObject({
    registrationToken: null,
  })
  // Its digest is not damaged, so runners that have it can register.
  expect((await gateway.post('/runners', { token: gateway.registrationToken })).status).toBe(201)
  const { token } = await gateway.admin<{ token: string }>('mutation', 'settings.rotateRegistrationToken')
  expect(await settings()).toEqual({ ...before, registrationToken: token })
  expect((await gateway.post('/runners', { token: gateway.registrationToken })).status).toBe(403)
  expect((await gateway.post('/runners', { token })).status).toBe(201)
})

it('the quota of projects without one of their own is a whole number of bytes, or null', async () => {
  const set = (maxStoredBytes: unknown) => gateway.admin('mutation', 'settings.update', { maxStoredBytes })
  for (const wrong of [-1, 1.5, '5', Number.MAX_SAFE_INTEGER + 1])
    await expect(set(wrong)).rejects.toThrow('maxStoredBytes')
  for (const right of [0, Number.MAX_SAFE_INTEGER, null])
    expect(await set(right)).toMatchObject({ maxStoredBytes: right })
})
