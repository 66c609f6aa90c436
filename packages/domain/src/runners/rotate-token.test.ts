import { describe, expect, it } from 'vitest'
import { ask, database, register, services, setUpScene } from '../testing/scene.ts'
import { digestOf } from '../tokens.ts'
import { queueValueKey, queueValueTopic } from '../wakeups/queue-value.ts'
import { createRunner } from './create-runner.ts'
import { rotateOwnToken, rotateTokenById } from './rotate-token.ts'
import { noteRunnerEntry } from './runner-entries.ts'

setUpScene()

const rotate = (token: string | null) => rotateOwnToken(services, { token, ipAddress: '203.0.113.1' })
const isKnown = async (token: string) => (await ask({ token })).kind !== 'refused'
const refused = { ok: false, error: { kind: 'runner_refused' } }

async function tokenOf(made: Promise<{ ok: true; value: { token: string } } | { ok: false; error: { kind: string } }>) {
  const issued = await made
  if (!issued.ok) throw new Error(issued.error.kind)
  return issued.value.token
}

describe('a new token of a runner', () => {
  it('replaces the old one, which is invalid at once', async () => {
    const { id, token } = await register()
    const issued = await rotate(token)
    expect(issued).toEqual({ ok: true, value: { id, token: expect.stringMatching(/^glrtr-/), tokenExpiresAt: null } })
    expect(await isKnown(token)).toBe(false)
    expect(issued.ok && (await isKnown(issued.value.token))).toBe(true)
    await services.contacts.flush()
    expect((await services.runners.find(id))?.ipAddress).toBeDefined()
  })

  it('is of the kind of the old one', async () => {
    const made = await createRunner(services, { runnerType: 'instance_type' })
    if (!made.ok) throw new Error(made.error.kind)
    expect(await tokenOf(rotate(made.value.token))).toMatch(/^glrt-/)
    expect(await tokenOf(rotateTokenById(services, made.value.id))).toMatch(/^glrt-/)
  })

  it('takes the queue value and the entry of the old one with it, and wakes its held requests', async () => {
    const { token } = await register()
    const digest = digestOf(token)
    await ask({ token, systemId: 's_rotates' })
    await noteRunnerEntry(services, { tokenDigest: digest, systemId: 's_rotates' })
    await using held = await services.events.subscribe(queueValueTopic(digest))
    const next = await tokenOf(rotate(token))
    expect(await services.scratch.get(queueValueKey(digest))).toBeNull()
    expect(await held.wait(0)).toMatchObject({ events: true })
    expect(await noteRunnerEntry(services, { tokenDigest: digestOf(next), systemId: 's_rotates' })).toBe(1)
  })

  it('is issued once to requests with the same token', async () => {
    const { token } = await register()
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(token)))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(answers.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 4 }, () => refused))
  })

  it('expires after the lifetime of tokens', async () => {
    const { token } = await register()
    const ports = { ...services, policy: { ...services.policy, runnerTokenLifetimeSeconds: 3600 } }
    const issued = await rotateOwnToken(ports, { token, ipAddress: null })
    expect(issued.ok && issued.value.tokenExpiresAt).toEqual(expect.any(Date))
  })

  it('is refused to a token that is not known or has expired, which an administrator can still renew', async () => {
    const { id, token } = await register()
    for (const wrong of [null, '', 'wrong']) expect(await rotate(wrong)).toEqual(refused)
    await database.db.query('update runners set token_expires_at = now() where id = $1', [id])
    expect(await rotate(token)).toEqual(refused)
    expect(await isKnown(await tokenOf(rotateTokenById(services, id)))).toBe(true)
    expect(await rotateTokenById(services, 999_999)).toEqual({
      ok: false,
      error: { kind: 'runner_not_found', id: 999_999 },
    })
  })
})
