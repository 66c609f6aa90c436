import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { ask, create, register, services, setUpScene } from '../testing/scene.ts'
import { assignProject, unassignProject } from './assign-project.ts'
import { createRunner } from './create-runner.ts'
import { updateRunner } from './update-runner.ts'

setUpScene()

let made = 0
async function makeProject(): Promise<number> {
  const project = await createProject(services, { path: `assign/number-${++made}` })
  if (!project.ok) throw new Error(project.error.kind)
  return project.value.id
}
async function runnerOf(projectId: number): Promise<{ id: number; token: string }> {
  const runner = await createRunner(services, { runnerType: 'project_type', projectId })
  if (!runner.ok) throw new Error(runner.error.kind)
  return runner.value
}
const projectsOf = async (id: number) => (await services.runners.find(id))?.projectIds
const error = (kind: string, id: number) => ({ ok: false, error: { kind, id } })

describe('a project runner', () => {
  it('serves one more project at once, however often it is assigned', async () => {
    const [first, second] = [await makeProject(), await makeProject()]
    const runner = await runnerOf(first)
    await create({}, second)
    const before = await ask(runner)
    const lastUpdate = (before.kind === 'nothing' && before.queueValue) || 'none'
    expect(await ask({ ...runner, lastUpdate })).toMatchObject({ kind: 'nothing', cached: true })
    for (const _ of ['once', 'twice']) {
      expect(await assignProject(services, { id: runner.id, projectId: second })).toEqual({ ok: true, value: null })
    }
    expect(await projectsOf(runner.id)).toEqual([first, second])
    expect(await ask({ ...runner, lastUpdate })).toMatchObject({ kind: 'job' })
  })

  it('no longer serves a project that is taken from it, and keeps the last', async () => {
    const [first, second] = [await makeProject(), await makeProject()]
    const { id } = await runnerOf(first)
    await assignProject(services, { id, projectId: second })
    expect(await unassignProject(services, { id, projectId: first })).toEqual({ ok: true, value: null })
    expect(await projectsOf(id)).toEqual([second])
    expect(await unassignProject(services, { id, projectId: second })).toMatchObject(error('runner_not_assignable', id))
    expect(await projectsOf(id)).toEqual([second])
  })

  it('is announced when its projects change', async () => {
    const [first, second] = [await makeProject(), await makeProject()]
    const { id } = await runnerOf(first)
    await using runners = await services.events.subscribe('runners')
    await assignProject(services, { id, projectId: second })
    expect(await runners.wait(0)).toMatchObject({ events: true })
    await unassignProject(services, { id, projectId: second })
    expect(await runners.wait(0)).toMatchObject({ events: true })
  })

  it('that is locked keeps its projects', async () => {
    const [first, second] = [await makeProject(), await makeProject()]
    const { id } = await runnerOf(first)
    await updateRunner(services, id, { locked: true })
    expect(await assignProject(services, { id, projectId: second })).toEqual(error('runner_locked', id))
    expect(await unassignProject(services, { id, projectId: first })).toEqual(error('runner_locked', id))
  })
})

describe('an assignment is refused', () => {
  it('for runners of other types', async () => {
    const { id } = await register()
    const projectId = await makeProject()
    expect(await assignProject(services, { id, projectId })).toMatchObject(error('runner_not_assignable', id))
  })

  it('for a runner or a project that is not there', async () => {
    const projectId = await makeProject()
    const { id } = await runnerOf(projectId)
    expect(await assignProject(services, { id: 999_999, projectId })).toEqual(error('runner_not_found', 999_999))
    expect(await assignProject(services, { id, projectId: 999_999 })).toEqual(error('project_not_found', 999_999))
  })
})
