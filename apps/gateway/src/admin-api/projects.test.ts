import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

interface Shown {
  readonly id: number
  readonly path: string
  readonly repoUrl: string | null
  readonly registrationToken: string | null
  readonly damaged: readonly string[]
}

describe('a project with damaged values', () => {
  const admin: TestGateway['admin'] = (...asked) => gateway.admin(...asked)
  const create = (path: string) =>
    admin<Shown>('mutation', 'projects.create', { path, groupPath: 'harbour', repoUrl: 'https://git.example/x.git' })
  const job = (projectId: number) => ({
    projectId,
    name: 'unit',
    sha: 'a'.repeat(40),
    definition: { script: ['true'] },
  })

  it('is listed beside the others, refuses jobs, and works again once they are set', async () => {
    const whole = await create('harbour/whole')
    const { id } = await create('harbour/damaged')
    const { db } = gateway.database
    await db.query(
      "update projects set repo_url = decode('00', 'hex'), variables = decode('00', 'hex') where id = $1",
      [id],
    )
    const listed = await admin<{ items: Shown[] }>('query', 'projects.list', { search: 'harbour' })
    expect(listed.items.map(({ path, damaged, repoUrl }) => [path, damaged, repoUrl])).toEqual([
      ['harbour/damaged', ['repoUrl', 'variables'], null],
      ['harbour/whole', [], whole.repoUrl],
    ])
    const refused = `The stored values of project ${id} are damaged (repoUrl, variables): set them again first.`
    await expect(admin('mutation', 'jobs.create', job(id))).rejects.toThrow(refused)
    await expect(
      admin('mutation', 'jobs.createMany', { projectId: id, jobs: [{ name: 'unit', definition: job(id).definition }] }),
    ).rejects.toThrow(refused)

    const set = { id, repoUrl: 'https://git.example/x.git', variables: [] }
    expect(await admin<Shown>('mutation', 'projects.update', set)).toMatchObject({ damaged: [] })
    expect(await admin('mutation', 'jobs.create', job(id))).toEqual({ id: expect.any(Number) as unknown })
  })

  it('and a group with a damaged token can get new tokens', async () => {
    const { id } = await create('harbour/token')
    const { db } = gateway.database
    await db.query("update projects set registration_token = decode('00', 'hex') where id = $1", [id])
    await db.query("update groups set registration_token = decode('00', 'hex') where path = 'harbour'")
    const project = () => admin<Shown>('query', 'projects.get', { id })
    const group = async () => (await admin<Shown[]>('query', 'groups.list')).find(({ path }) => path === 'harbour')
    expect(await project()).toMatchObject({ registrationToken: null, damaged: ['registrationToken'] })
    expect(await group()).toMatchObject({ registrationToken: null })
    await admin('mutation', 'projects.rotateRegistrationToken', { id })
    await admin('mutation', 'groups.rotateRegistrationToken', { id: (await group())?.id })
    expect((await project()).registrationToken).toMatch(/^GR1348941/)
    expect((await group())?.registrationToken).toMatch(/^GR1348941/)
    // A token that cannot be shown does not keep jobs out.
    expect(await admin('mutation', 'jobs.create', job(id))).toEqual({ id: expect.any(Number) as unknown })
  })
})
