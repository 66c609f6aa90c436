import { describe, expect, it } from 'vitest'
import { ask, create, services, setUpScene } from '../testing/scene.ts'
import { createProject, updateProject } from './change-project.ts'
import type { ProjectChanges } from './project.ts'

setUpScene()

let made = 0
const freshPath = () => `change/number-${++made}`

async function created(given: ProjectChanges = {}) {
  const project = await createProject(services, { path: freshPath(), ...given })
  if (!project.ok) throw new Error(JSON.stringify(project.error))
  return project.value
}
const invalid = (field: string) => ({
  ok: false,
  error: { kind: 'project_invalid', field, reason: expect.any(String) },
})

describe('creating a project', () => {
  it('stores its whole path, with the groups on it', async () => {
    expect(await created({ path: 'lamps', groupPath: 'harbour/north' })).toMatchObject({
      ...{ path: 'harbour/north/lamps', groupPath: 'harbour/north', groupId: expect.any(Number) },
    })
    expect(await created({ path: 'harbour/north/ropes', groupPath: 'harbour/north' })).toMatchObject({
      path: 'harbour/north/ropes',
    })
    expect((await services.projects.groups()).map(({ path }) => path)).toEqual(
      expect.arrayContaining(['harbour', 'harbour/north']),
    )
    expect(await created({ path: 'alone' })).toMatchObject({ path: 'alone', groupId: null, groupPath: null })
  })

  it('is refused where its path is taken', async () => {
    const { path } = await created()
    expect(await createProject(services, { path })).toEqual({ ok: false, error: { kind: 'path_taken', path } })
  })

  it.each<[string, ProjectChanges]>([
    ...['', 'a b', '.a', '-a', 'a//b', '/a', 'a/', 'a/../b', 'a.git', 'a.git/b', 'ä', 'a'.repeat(256)].map(
      (path): [string, ProjectChanges] => ['path', { path }],
    ),
    ['groupPath', { path: 'a/b', groupPath: 'a/ /b' }],
    ...['example', 'ftp://example.com/a', 'https://example.com/', 'https://example.com', 'file:///etc'].map(
      (repoUrl): [string, ProjectChanges] => ['repoUrl', { repoUrl }],
    ),
    ['variables', { variables: [{ key: 'A-B', value: '' }] }],
    ['variables', { variables: [{ key: '', value: '' }] }],
    ['variables', { variables: ['A', 'B', 'A'].map((key) => ({ key, value: '' })) }],
    ['protectedRefs', { protectedRefs: ['main', ' '] }],
  ])('is refused for a wrong %s: %j', async (field, given) => {
    expect(await createProject(services, { path: freshPath(), ...given })).toMatchObject(
      field === 'groupPath' ? { ok: false, error: { kind: 'project_invalid' } } : invalid(field),
    )
  })

  it('accepts what is at the limits', async () => {
    await created({ path: `limits/${'a'.repeat(248)}`, repoUrl: 'http://u:p@example.com:8080/a.git' })
    await created({ path: '_a.b-c/D0', variables: [{ key: 'a'.repeat(255), value: '' }], protectedRefs: ['*'] })
  })
})

describe('changing a project', () => {
  it('keeps what is not given', async () => {
    const before = await created({ name: 'Lamps', timeout: 600, variables: [{ key: 'A', value: 'a' }] })
    expect(await updateProject(services, before.id, { timeout: 900 })).toEqual({
      ok: true,
      value: { ...before, timeout: 900 },
    })
  })

  it('keeps the last part of its path when it moves to another group or to none', async () => {
    const { id } = await created({ path: 'boat', groupPath: 'south' })
    expect(await updateProject(services, id, { groupPath: 'west/pier' })).toMatchObject({
      value: { path: 'west/pier/boat', groupPath: 'west/pier' },
    })
    expect(await updateProject(services, id, { groupPath: null })).toMatchObject({
      value: { path: 'boat', groupId: null },
    })
    expect(await updateProject(services, id, { path: 'ship', groupPath: 'south' })).toMatchObject({
      value: { path: 'south/ship' },
    })
  })

  it('wakes its runners when it offers them more, and not otherwise', async () => {
    const project = await created({ instanceRunnersEnabled: false })
    await create({}, project.id)
    const first = await ask()
    const lastUpdate = (first.kind === 'nothing' && first.queueValue) || 'none'
    await updateProject(services, project.id, { name: 'another' })
    expect(await ask({ lastUpdate })).toMatchObject({ kind: 'nothing', cached: true })
    await updateProject(services, project.id, { instanceRunnersEnabled: true })
    expect(await ask({ lastUpdate })).toMatchObject({ kind: 'job' })
  })

  it('is refused as its creation is, for a taken path, and for no project', async () => {
    const [first, second] = [await created(), await created()]
    expect(await updateProject(services, first.id, { path: second.path })).toEqual({
      ok: false,
      error: { kind: 'path_taken', path: second.path },
    })
    expect(await updateProject(services, first.id, { repoUrl: 'example' })).toEqual(invalid('repoUrl'))
    expect(await updateProject(services, 999_999, {})).toEqual({
      ok: false,
      error: { kind: 'project_not_found', id: 999_999 },
    })
  })

  it('does not take its name from the project default, all else may change', async () => {
    const refused = { ok: false, error: { kind: 'project_indispensable', path: 'default' } }
    expect(await updateProject(services, 1, { path: 'other' })).toEqual(refused)
    expect(await updateProject(services, 1, { groupPath: 'group' })).toEqual(refused)
    expect(await updateProject(services, 1, { path: 'default', name: 'Default' })).toMatchObject({
      value: { path: 'default', name: 'Default' },
    })
  })
})
