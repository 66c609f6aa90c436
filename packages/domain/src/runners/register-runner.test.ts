import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { services, setUpScene } from '../testing/scene.ts'
import { registerRunner } from './register-runner.ts'

setUpScene()

const register = (token: string | null, attributes: object = {}, name: string | null = null) =>
  registerRunner(services, { token, attributes, name })
const instanceToken = () => services.settings.registrationToken()

async function registered(...args: Parameters<typeof register>) {
  const made = await register(...args)
  if (!made.ok) throw new Error(made.error.kind)
  const runner = await services.runners.find(made.value.id)
  if (!runner) throw new Error('no runner')
  return { ...made.value, runner }
}

describe('a runner that registers', () => {
  it('serves the instance with its token, and works at once', async () => {
    const { token, tokenExpiresAt, runner } = await registered(await instanceToken(), { tagList: ['a'] }, 'box')
    expect(token).toMatch(/^glrtr-[\w-]{24}$/)
    expect(tokenExpiresAt).toBeNull()
    expect(runner).toMatchObject({
      ...{ runnerType: 'instance_type', registrationType: 'registration_token', creationState: 'finished' },
      ...{ name: 'box', tagList: ['a'], groupId: null, projectIds: [] },
    })
  })

  it('serves the group or the project whose token it has, while these are switched on', async () => {
    const project = await createProject(services, { path: 'lamps', groupPath: 'register' })
    if (!project.ok || project.value.groupId === null) throw new Error('no group')
    const { id, groupId, registrationToken } = project.value
    const group = await services.projects.findGroup(groupId)
    expect((await registered(registrationToken)).runner).toMatchObject({ runnerType: 'project_type', projectIds: [id] })
    expect((await registered(group?.registrationToken ?? null)).runner).toMatchObject({
      ...{ runnerType: 'group_type', groupId, projectIds: [] },
    })

    await services.settings.update({ groupRegistration: false, projectRegistration: false })
    const refused = { ok: false, error: { kind: 'registration_refused' } }
    expect(await register(registrationToken)).toEqual(refused)
    expect(await register(group?.registrationToken ?? null)).toEqual(refused)
    expect(await register(await instanceToken())).toMatchObject({ ok: true })
    await services.settings.update({ groupRegistration: true, projectRegistration: true })
  })

  it('twice is two runners', async () => {
    const token = await instanceToken()
    const [first, second] = [await registered(token), await registered(token)]
    expect(first.id).not.toBe(second.id)
    expect(first.token).not.toBe(second.token)
  })

  it('is announced', async () => {
    await using runners = await services.events.subscribe('runners')
    await register(await instanceToken())
    expect(await runners.wait(0)).toMatchObject({ events: true })
  })
})

describe('a registration is refused', () => {
  it.each([null, '', 'wrong', 'glrt-wrong'])('with the token %j', async (token) => {
    expect(await register(token)).toEqual({ ok: false, error: { kind: 'registration_refused' } })
  })

  it('with the token of a runner', async () => {
    const { token } = await registered(await instanceToken())
    expect(await register(token)).toEqual({ ok: false, error: { kind: 'registration_refused' } })
  })

  it('with any token while registration is switched off', async () => {
    const ports = { ...services, policy: { ...services.policy, registrationEnabled: false } }
    for (const token of [await instanceToken(), 'wrong']) {
      expect(await registerRunner(ports, { token, attributes: {}, name: null })).toEqual({
        ok: false,
        error: { kind: 'registration_disabled' },
      })
    }
  })

  it('with every violation, and only to a caller with a valid token', async () => {
    const wrong = { maximumTimeout: 1, runUntagged: false }
    expect(await register(await instanceToken(), wrong)).toMatchObject({
      error: {
        kind: 'runner_invalid',
        violations: { maximum_timeout: [expect.any(String)], tags_list: [expect.any(String)] },
      },
    })
    expect(await register('wrong', wrong)).toEqual({ ok: false, error: { kind: 'registration_refused' } })
  })
})
