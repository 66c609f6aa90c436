import { describe, expect, it } from 'vitest'
import { database, register, services, setUpScene } from '../testing/scene.ts'
import { createRunner } from './create-runner.ts'
import { authenticateRunner, verifyRunner } from './verify-runner.ts'

setUpScene()

const verify = (token: string | null) => verifyRunner(services, { token, systemId: 's_1', info: null, ipAddress: null })
const refused = { ok: false, error: { kind: 'runner_refused' } }

describe('verifying a runner', () => {
  it('finds it by its token, paused or not, and counts as contact', async () => {
    const { id, token } = await register({ paused: true })
    expect(await verify(token)).toMatchObject({ ok: true, value: { id, paused: true } })
    expect(await services.runners.managers(id)).toMatchObject([{ systemId: 's_1' }])
    expect((await services.runners.find(id))?.contactedAt).not.toBeNull()
  })

  it('does not complete its creation', async () => {
    const made = await createRunner(services, { runnerType: 'instance_type' })
    if (!made.ok) throw new Error(made.error.kind)
    expect(await verify(made.value.token)).toMatchObject({ value: { creationState: 'started' } })
  })

  it('refuses tokens that are not exactly those of a runner, or have expired', async () => {
    const { id, token } = await register()
    for (const other of [null, '', token.toUpperCase(), ` ${token}`, token.slice(0, -1)]) {
      expect(await verify(other), `${other}`).toEqual(refused)
    }
    await database.db.query('update runners set token_expires_at = now() where id = $1', [id])
    expect(await verify(token)).toEqual(refused)
  })
})

describe('authenticating a runner', () => {
  it('finds it by its token, and leaves no trace of a contact', async () => {
    const { id, token } = await register()
    expect(await authenticateRunner(services, token)).toMatchObject({ value: { id } })
    await services.contacts.flush()
    expect(await services.runners.managers(id)).toEqual([])
    expect((await services.runners.find(id))?.contactedAt).toBeNull()
  })

  it.each([undefined, null, '', 'wrong'])('refuses the token %j', async (token) => {
    expect(await authenticateRunner(services, token)).toEqual(refused)
  })
})
