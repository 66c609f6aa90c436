import { digestOf } from '@yardmaster/domain'
import { describe, expect, it } from 'vitest'
import { unique } from './samples.ts'
import { useTestDatabase } from './set-up.ts'

const test = useTestDatabase()

describe('a project', () => {
  it('is created with defaults', async () => {
    const path = `harbour-${unique()}/lantern`
    expect(await test.stores.projects.create({ path })).toMatchObject({
      path,
      name: 'lantern',
      groupId: null,
      groupPath: null,
      repoUrl: null,
      defaultBranch: 'main',
      protectedRefs: ['main'],
      timeout: 3600,
      variables: [],
      registrationToken: expect.stringMatching(/^GR1348941.{20,}$/),
      instanceRunnersEnabled: true,
      groupRunnersEnabled: true,
      ciEnabled: true,
      jobTokenAllowlist: [],
    })
  })

  it('protects its default branch until told otherwise', async () => {
    const project = await test.stores.projects.create({ path: unique(), defaultBranch: 'trunk' })
    const id = project?.id ?? 0
    expect(project?.protectedRefs).toEqual(['trunk'])
    expect(await test.stores.projects.update(id, { defaultBranch: 'next' })).toMatchObject({ protectedRefs: ['next'] })
    expect(await test.stores.projects.update(id, { protectedRefs: [] })).toMatchObject({ protectedRefs: [] })
  })

  it('is changed only where asked', async () => {
    const group = unique()
    const given = {
      path: `${group}/x`,
      groupPath: group,
      repoUrl: 'https://u:p@git.example/x.git',
      variables: [{ key: 'A', value: 'é', masked: true, protected: true }],
      jobTokenAllowlist: [1],
    }
    const project = await test.stores.projects.create(given)
    expect(project).toMatchObject(given)
    const id = project?.id ?? 0
    expect(await test.stores.projects.update(id, { name: 'other', ciEnabled: false })).toEqual({
      ...project,
      name: 'other',
      ciEnabled: false,
    })
    expect(await test.stores.projects.update(id, { repoUrl: null, groupPath: null, variables: [] })).toMatchObject({
      repoUrl: null,
      groupId: null,
      variables: [],
      path: given.path,
    })
    expect(await test.stores.projects.update(id, {})).toEqual(await test.stores.projects.find(id))
    expect(await test.stores.projects.update(0, { name: 'x' })).toBeNull()
  })

  it('has a path no other living project has', async () => {
    const [path, otherPath] = [unique(), unique()]
    const project = await test.stores.projects.create({ path })
    const other = await test.stores.projects.create({ path: otherPath })
    expect(await test.stores.projects.create({ path })).toBeNull()
    expect(await test.stores.projects.update(other?.id ?? 0, { path })).toBe('path_taken')
    expect(await test.stores.projects.remove(project?.id ?? 0)).toBe(true)
    expect(await test.stores.projects.remove(project?.id ?? 0)).toBe(false)
    expect(await test.stores.projects.find(project?.id ?? 0)).toBeNull()
    expect(await test.stores.projects.findByPath(path)).toBeNull()
    expect(await test.stores.projects.update(other?.id ?? 0, { path })).toMatchObject({ path })
    expect(await test.stores.projects.findByPath(path)).toMatchObject({ id: other?.id })
  })

  it('is listed newest first, by path or name, with wildcards taken literally', async () => {
    const mark = unique()
    const a = await test.stores.projects.create({ path: `${mark}_a` })
    const b = await test.stores.projects.create({ path: `b${mark}`, name: `100% ${mark}` })
    const list = async (filter: { search: string; before?: number | undefined; ids?: number[] }) =>
      (await test.stores.projects.list({ limit: 10, ...filter })).map(({ id }) => id)
    expect(await list({ search: mark.toUpperCase() })).toEqual([b?.id, a?.id])
    expect(await list({ search: mark, before: b?.id })).toEqual([a?.id])
    expect(await list({ search: mark, ids: [a?.id ?? 0, 2_000_000_000] })).toEqual([a?.id])
    expect(await list({ search: `${mark}_` })).toEqual([a?.id])
    expect(await list({ search: '0% ' })).toEqual([b?.id])
  })
})

describe('groups', () => {
  it('come into being with all their ancestors, once', async () => {
    const top = unique()
    await test.stores.projects.create({ path: `${top}/a/b/x`, groupPath: `${top}/a/b` })
    await test.stores.projects.create({ path: `${top}/a/y`, groupPath: `${top}/a` })
    const groups = (await test.stores.projects.groups()).filter(({ path }) => path.startsWith(top))
    expect(groups.map(({ path }) => path)).toEqual([top, `${top}/a`, `${top}/a/b`])
    expect(groups.map(({ parentId }) => parentId)).toEqual([null, groups[0]?.id, groups[1]?.id])
    expect(new Set(groups.map(({ registrationToken }) => registrationToken)).size).toBe(3)
    expect(await test.stores.projects.findGroup(groups[1]?.id ?? 0)).toEqual(groups[1])
    expect(await test.stores.projects.findGroup(0)).toBeNull()
  })
})

describe('registration tokens', () => {
  it('are found by their digest and replaced', async () => {
    const { create, findByRegistrationToken, replaceRegistrationToken, findGroup, find, remove } = test.stores.projects
    const top = unique()
    const project = await create({ path: `${top}/x`, groupPath: top })
    const [id, groupId] = [project?.id ?? 0, project?.groupId ?? 0]
    expect(await findByRegistrationToken(digestOf(project?.registrationToken ?? ''))).toEqual({ kind: 'project', id })
    const group = await findGroup(groupId)
    expect(await findByRegistrationToken(digestOf(group?.registrationToken ?? ''))).toEqual({
      kind: 'group',
      id: groupId,
    })
    const token = unique()
    expect(await replaceRegistrationToken({ kind: 'project', id }, token)).toBe(true)
    expect((await find(id))?.registrationToken).toBe(token)
    expect(await findByRegistrationToken(digestOf(project?.registrationToken ?? ''))).toBeNull()
    const groupToken = unique()
    expect(await replaceRegistrationToken({ kind: 'group', id: groupId }, groupToken)).toBe(true)
    expect((await findGroup(groupId))?.registrationToken).toBe(groupToken)
    await remove(id)
    expect(await findByRegistrationToken(digestOf(token))).toBeNull()
    expect(await replaceRegistrationToken({ kind: 'project', id }, unique())).toBe(false)
    expect(await replaceRegistrationToken({ kind: 'group', id: 0 }, unique())).toBe(false)
  })
})
