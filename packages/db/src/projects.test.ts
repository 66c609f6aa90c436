import { randomBytes } from 'node:crypto'
import { digestOf } from '@yardmaster/domain'
import { describe, expect, it } from 'vitest'
import { fillCheckoutPaths } from './checkout-paths.ts'
import { openSecretBox, stores } from './index.ts'
import { unique } from './testing/samples.ts'
import { useTestDatabase } from './testing/set-up.ts'

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

  it('protects its default branch unless configured otherwise', async () => {
    const project = await test.stores.projects.create({ path: unique(), defaultBranch: 'trunk' })
    const id = project?.id ?? 0
    expect(project?.protectedRefs).toEqual(['trunk'])
    expect(await test.stores.projects.update(id, { defaultBranch: 'next' })).toMatchObject({ protectedRefs: ['next'] })
    expect(await test.stores.projects.update(id, { protectedRefs: [] })).toMatchObject({ protectedRefs: [] })
  })

  it('is changed only in the given settings', async () => {
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

  it('has a path that no other existing project has', async () => {
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

  it('is listed newest first, by path or name, treating wildcards literally', async () => {
    const mark = unique()
    const a = await test.stores.projects.create({ path: `${mark}_a` })
    const b = await test.stores.projects.create({ path: `b${mark}`, name: `100% ${mark}` })
    const list = async (filter: { search: string; before?: number | undefined; ids?: number[] }) =>
      (await test.stores.projects.list({ limit: 10, ...filter })).projects.map(({ id }) => id)
    expect(await list({ search: mark.toUpperCase() })).toEqual([b?.id, a?.id])
    expect(await list({ search: mark, before: b?.id })).toEqual([a?.id])
    expect(await list({ search: mark, ids: [a?.id ?? 0, 2_000_000_000] })).toEqual([a?.id])
    expect(await list({ search: `${mark}_` })).toEqual([a?.id])
    expect(await list({ search: '0% ' })).toEqual([b?.id])
  })

  it('is listed with fewer others when their variables are long, with the note that more follow', async () => {
    const mark = unique()
    const variables = [{ key: 'A', value: 'x'.repeat(600_000) }]
    const ids: number[] = []
    for (const name of ['a', 'b', 'c', 'd'])
      ids.unshift((await test.stores.projects.create({ path: `${mark}/${name}`, variables }))?.id ?? 0)
    const list = async (limit: number, before?: number) => {
      const { projects, more } = await test.stores.projects.list({ search: mark, limit, before })
      return { ids: projects.map(({ id }) => id), more }
    }
    expect(await list(10)).toEqual({ ids: ids.slice(0, 2), more: true })
    expect(await list(1)).toEqual({ ids: ids.slice(0, 1), more: true })
    expect(await list(10, ids[1])).toEqual({ ids: ids.slice(2), more: false })
    expect(await list(2, ids[1])).toEqual({ ids: ids.slice(2), more: false })
  })
})

describe('groups', () => {
  it('are created once, with all their ancestors', async () => {
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

describe('a damaged project or group', () => {
  const ENCRYPTED = { repoUrl: 'repo_url', variables: 'variables', registrationToken: 'registration_token' } as const

  it('is shown beside the others, names what is damaged, and is intact when that is set again', async () => {
    const { projects } = test.stores
    const top = unique()
    const given = { repoUrl: 'https://git.example/x.git', variables: [{ key: 'A', value: 'a' }], groupPath: top }
    const damaged = await projects.create({ path: `${top}/damaged`, ...given })
    const whole = await projects.create({ path: `${top}/whole`, ...given })
    const id = damaged?.id ?? 0
    const shown = async () => {
      const {
        projects: [first, second],
      } = await projects.list({ search: top, limit: 10 })
      expect(first).toEqual(whole)
      expect(await projects.find(id)).toEqual(second)
      return second
    }
    for (const [part, column] of Object.entries(ENCRYPTED)) {
      const before = await test.db.query<{ encrypted: Uint8Array }>(
        `select ${column} as encrypted from projects where id = $1`,
        [id],
      )
      await test.db.query(`update projects set ${column} = decode('00', 'hex') where id = $1`, [id])
      expect(await shown()).toEqual({
        ...damaged,
        ...(part === 'repoUrl' && { repository: null }),
        [part]: part === 'variables' ? [] : null,
        damaged: [part],
      })
      await test.db.query(`update projects set ${column} = $2 where id = $1`, [id, before[0]?.encrypted])
    }
    for (const column of Object.values(ENCRYPTED))
      await test.db.query(`update projects set ${column} = decode('00', 'hex') where id = $1`, [id])
    expect((await shown())?.damaged).toEqual(Object.keys(ENCRYPTED))
    await projects.update(id, { repoUrl: given.repoUrl, variables: given.variables })
    await projects.replaceRegistrationToken({ kind: 'project', id }, 'again')
    expect(await shown()).toEqual({ ...damaged, registrationToken: 'again' })
  })

  it('does not prevent other groups from being listed', async () => {
    const { projects } = test.stores
    const top = unique()
    await projects.create({ path: `${top}/a/x`, groupPath: `${top}/a` })
    const groups = async () => (await projects.groups()).filter(({ path }) => path.startsWith(top))
    const [outer, inner] = await groups()
    await test.db.query("update groups set registration_token = decode('00', 'hex') where id = $1", [outer?.id])
    expect(await groups()).toEqual([{ ...outer, registrationToken: null }, inner])
  })

  it('does not prevent a start that fills in the paths of repositories', async () => {
    const { projects } = test.stores
    const [first, second] = [unique(), unique()]
    const repoUrl = (name: string) => `https://git.example/${name}.git`
    const damaged = await projects.create({ path: first, repoUrl: repoUrl(first) })
    const whole = await projects.create({ path: second, repoUrl: repoUrl(second) })
    const ids = [damaged?.id, whole?.id]
    await test.db.query('update projects set checkout_path = null where id = any($1)', [ids])
    await test.db.query("update projects set repo_url = decode('00', 'hex') where id = $1", [damaged?.id])
    await fillCheckoutPaths(test.db, test.secrets)
    expect(
      await test.db.query('select checkout_path as path from projects where id = any($1) order by id', [ids]),
    ).toEqual([{ path: null }, { path: `/${second}` }])
  })

  it('is not reported when a process has the wrong key', async () => {
    await test.stores.projects.create({ path: unique() })
    const other = stores(test.db, openSecretBox(randomBytes(32)))
    await expect(other.projects.list({ limit: 10 })).rejects.toThrow()
  })
})
