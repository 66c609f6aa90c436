import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { ask, create, jobIn, services, setUpScene } from '../testing/scene.ts'
import { createRunner } from './create-runner.ts'

setUpScene()

async function created(given: Parameters<typeof createRunner>[1]) {
  const made = await createRunner(services, given)
  if (!made.ok) throw new Error(made.error.kind)
  return made.value
}

describe('a runner that an administrator creates', () => {
  it('has a token of its own kind, which is not stored', async () => {
    const { id, token, tokenExpiresAt } = await created({ runnerType: 'instance_type', description: 'fast' })
    expect(token).toMatch(/^glrt-[\w-]{24}$/)
    expect(tokenExpiresAt).toBeNull()
    const runner = await services.runners.find(id)
    expect(runner).toMatchObject({
      ...{ runnerType: 'instance_type', registrationType: 'authenticated_user', creationState: 'started' },
      ...{ description: 'fast', name: null, groupId: null, projectIds: [], paused: false },
    })
    expect(JSON.stringify(runner)).not.toContain(token)
  })

  it('counts as created once it asks for work with its token', async () => {
    const { id, token } = await created({ runnerType: 'instance_type' })
    const job = await create()
    expect(jobIn(await ask({ token })).id).toBe(job)
    expect((await services.runners.find(id))?.creationState).toBe('finished')
  })

  it('expires after the lifetime of tokens', async () => {
    const policy = { ...services.policy, runnerTokenLifetimeSeconds: 3600 }
    const before = Date.now()
    const made = await createRunner({ ...services, policy }, { runnerType: 'instance_type' })
    const expiresAt = made.ok ? (made.value.tokenExpiresAt?.getTime() ?? 0) : 0
    expect(expiresAt).toBeGreaterThanOrEqual(before + 3_600_000)
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 3_600_000)
  })

  it('serves the group or the project that is named', async () => {
    const project = await createProject(services, { path: 'lamps', groupPath: 'harbour' })
    if (!project.ok || project.value.groupId === null) throw new Error('no group')
    const { id: projectId, groupId } = project.value
    const ofGroup = await created({ runnerType: 'group_type', groupId, projectId })
    expect(await services.runners.find(ofGroup.id)).toMatchObject({ groupId, projectIds: [] })
    const ofProject = await created({ runnerType: 'project_type', groupId, projectId })
    expect(await services.runners.find(ofProject.id)).toMatchObject({ groupId: null, projectIds: [projectId] })
  })

  it('is announced', async () => {
    await using runners = await services.events.subscribe('runners')
    await created({ runnerType: 'instance_type' })
    expect(await runners.wait(0)).toMatchObject({ events: true })
  })

  it('is refused without its group or project, and with wrong attributes', async () => {
    const newest = async () => (await services.runners.list({ limit: 1 }))[0]?.id
    const before = await newest()
    const refusal = async (given: Parameters<typeof createRunner>[1]) => {
      const made = await createRunner(services, given)
      return made.ok ? null : made.error
    }
    expect(await refusal({ runnerType: 'group_type' })).toEqual({ kind: 'group_not_found', id: 0 })
    expect(await refusal({ runnerType: 'group_type', groupId: 999 })).toEqual({ kind: 'group_not_found', id: 999 })
    expect(await refusal({ runnerType: 'project_type', projectId: 999 })).toEqual({
      kind: 'project_not_found',
      id: 999,
    })
    expect(await refusal({ runnerType: 'instance_type', maximumTimeout: 1 })).toMatchObject({
      kind: 'runner_invalid',
      violations: { maximum_timeout: [expect.any(String)] },
    })
    expect(await newest()).toBe(before)
  })
})
