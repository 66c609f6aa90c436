import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const register = (attributes: Record<string, unknown>) =>
  gateway.post('/runners', { token: gateway.registrationToken, ...attributes })
const shown = (id: number) => gateway.admin<Record<string, unknown>>('query', 'runners.get', { id })

/** Registers with these attributes and returns the runner as shown. */
async function registered(attributes: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { id } = await gateway.register(attributes)
  return shown(id)
}

const count = async () => {
  const [row] = await gateway.database.db.query<{ count: number }>('select count(*)::int as count from runners')
  return row?.count
}

describe('POST /api/v4/runners', () => {
  it('answers 201 with id, token and expiry, in this order', async () => {
    const { status, text, headers } = await register({})
    expect(status).toBe(201)
    expect(headers['content-type']).toBe('application/json')
    expect(text).toMatch(/^\{"id":\d+,"token":"glrtr-[A-Za-z0-9_-]{20,}","token_expires_at":null\}$/)
  })

  it('returns a token that authenticates, without the prefix of runners created by users', async () => {
    const { token } = await gateway.register()
    expect(token.startsWith('glrt-')).toBe(false)
    expect((await gateway.post('/runners/verify', { token })).status).toBe(200)
  })

  it('stores the token as a digest only', async () => {
    const { id, token } = await gateway.register()
    const rows = await gateway.database.db.query('select runners::text as row from runners where id = $1', [id])
    expect(JSON.stringify(rows)).not.toContain(token.slice('glrtr-'.length + 8))
  })

  it('creates an active, unlocked, untagged instance runner without contact by default', async () => {
    expect(await registered({})).toMatchObject({
      runnerType: 'instance_type',
      status: 'never_contacted',
      contactedAt: null,
      creationState: 'finished',
      paused: false,
      locked: false,
      runUntagged: true,
      accessLevel: 'not_protected',
      tagList: [],
      maximumTimeout: null,
      description: null,
      maintenanceNote: null,
      name: null,
      managers: [],
    })
  })

  it('stores what a real runner sends', async () => {
    const { id } = await gateway.register({
      description: 'edge-07',
      maintenance_note: 'third rack',
      tag_list: 'docker,arm64',
      run_untagged: false,
      locked: true,
      paused: false,
      access_level: 'ref_protected',
      maximum_timeout: 7200,
      info: { name: 'gitlab-runner', version: '16.0.2', features: {}, config: { gpus: '' }, executor: 5 },
    })
    expect(await shown(id)).toMatchObject({
      description: 'edge-07',
      maintenanceNote: 'third rack',
      tagList: ['docker', 'arm64'],
      runUntagged: false,
      locked: true,
      paused: false,
      accessLevel: 'ref_protected',
      maximumTimeout: 7200,
      name: 'gitlab-runner',
    })
  })

  it('reads parameters from a form and from the query', async () => {
    const { status } = await gateway.call('POST', '/api/v4/runners?description=from+the+query', {
      body: `token=${gateway.registrationToken}&tag_list[]=a&tag_list[]=b&run_untagged=off`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(status).toBe(201)
  })

  it('creates two runners for two registrations', async () => {
    const [one, other] = [await gateway.register(), await gateway.register()]
    expect(other.id).toBeGreaterThan(one.id)
    expect(other.token).not.toBe(one.token)
  })

  it('understands active, the old negation of paused', async () => {
    expect(await registered({ active: false })).toMatchObject({ paused: true })
    expect(await registered({ active: true })).toMatchObject({ paused: false })
    expect(await registered({ paused: 'true' })).toMatchObject({ paused: true })
  })

  it('understands maintainer_note, the old name of maintenance_note', async () => {
    expect(await registered({ maintainer_note: 'old' })).toMatchObject({ maintenanceNote: 'old' })
  })

  it('excludes old and new names from one request', async () => {
    expect((await register({ active: null, paused: true })).body).toEqual({
      error: 'active, paused are mutually exclusive',
    })
    expect((await register({ maintainer_note: 'a', maintenance_note: null })).body).toEqual({
      error: 'maintainer_note, maintenance_note are mutually exclusive',
    })
  })

  it('reads blank as absent', async () => {
    const blank = { description: ' ', maintenance_note: '', tag_list: [], locked: null, run_untagged: '' }
    const further = { access_level: null, maximum_timeout: '', info: { name: ' ' } }
    expect(await registered({ ...blank, ...further })).toMatchObject({
      description: null,
      maintenanceNote: null,
      tagList: [],
      locked: false,
      runUntagged: true,
      accessLevel: 'not_protected',
      maximumTimeout: null,
      name: null,
    })
  })

  it.each([
    ['a, b ,c', ['a', 'b', 'c']],
    [
      ['a', 'b,c'],
      ['a', 'b', 'c'],
    ],
    [null, []],
    [5, []],
    ['b,a,,b, ,a', ['b', 'a']],
    ['Linux,linux,Ünïcode 😀', ['Linux', 'linux', 'Ünïcode 😀']],
  ])('stores the tags of %j', async (tag_list, tagList) => {
    expect(await registered({ tag_list })).toMatchObject({ tagList })
  })

  it('does not count as a heartbeat: the runner has no manager and no contact', async () => {
    expect(await registered({ info: { version: '16.0.0' } })).toMatchObject({ contactedAt: null, managers: [] })
  })
})

describe('who may register', () => {
  it('requires a token in the parameters, not in the header', async () => {
    const headers = { 'RUNNER-TOKEN': gateway.registrationToken }
    const { status, body } = await gateway.post('/runners', {}, headers)
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'token is missing' })
  })

  it.each([['unknown'], [''], [null]])('answers 403 to the token %j', async (token) => {
    const { status, body } = await register({ token })
    expect(status).toBe(403)
    expect(body).toEqual({ message: '403 Forbidden' })
  })

  it('answers 403 to a runner token', async () => {
    const { token } = await gateway.register()
    expect((await register({ token })).status).toBe(403)
  })

  it('compares exactly', async () => {
    const token = gateway.registrationToken
    for (const other of [`${token} `, token.toLowerCase(), token.slice(1)]) {
      expect((await register({ token: other })).status).toBe(403)
    }
  })

  it('checks the token before the attributes', async () => {
    expect((await register({ token: 'unknown', maximum_timeout: 1 })).status).toBe(403)
  })

  it('answers 403 to a replaced token, and accepts the new one', async () => {
    const { token } = await gateway.admin<{ token: string }>('mutation', 'settings.rotateRegistrationToken')
    expect((await register({})).status).toBe(403)
    expect((await register({ token })).status).toBe(201)
    await gateway.services.settings.replaceRegistrationToken(gateway.registrationToken)
  })

  describe('with the token of a project or a group', () => {
    interface ProjectShown {
      id: number
      registrationToken: string
    }
    let project: ProjectShown
    let group: ProjectShown
    beforeAll(async () => {
      project = await gateway.admin('mutation', 'projects.create', { path: 'harbour/lantern', groupPath: 'harbour' })
      const groups = await gateway.admin<(ProjectShown & { path: string })[]>('query', 'groups.list')
      group = groups.find(({ path }) => path === 'harbour') ?? project
    })
    afterEach(() =>
      gateway.admin('mutation', 'settings.update', { projectRegistration: true, groupRegistration: true }),
    )

    it('creates a runner of that project', async () => {
      expect(await registered({ token: project.registrationToken })).toMatchObject({
        runnerType: 'project_type',
        projectIds: [project.id],
        groupId: null,
      })
    })

    it('creates a runner of that group', async () => {
      expect(await registered({ token: group.registrationToken })).toMatchObject({
        runnerType: 'group_type',
        projectIds: [],
        groupId: group.id,
      })
    })

    it('answers 403 while registration of that kind is disabled, as to an unknown token', async () => {
      await gateway.admin('mutation', 'settings.update', { projectRegistration: false })
      expect((await register({ token: project.registrationToken })).body).toEqual({ message: '403 Forbidden' })
      expect((await register({ token: group.registrationToken })).status).toBe(201)
      await gateway.admin('mutation', 'settings.update', { projectRegistration: true, groupRegistration: false })
      expect((await register({ token: project.registrationToken })).status).toBe(201)
      expect((await register({ token: group.registrationToken })).status).toBe(403)
      expect((await register({})).status).toBe(201)
    })

    it('answers 403 to a replaced token; runners that registered with it stay', async () => {
      const runner = await gateway.register({ token: project.registrationToken })
      await gateway.admin('mutation', 'projects.rotateRegistrationToken', { id: project.id })
      expect((await register({ token: project.registrationToken })).status).toBe(403)
      expect((await gateway.post('/runners/verify', { token: runner.token })).status).toBe(200)
    })
  })
})

describe('what makes a runner invalid', () => {
  it.each([
    [
      'no tags and no untagged jobs',
      { run_untagged: false },
      { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] },
    ],
    [
      'only blank tags',
      { run_untagged: false, tag_list: ' , ' },
      { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] },
    ],
    [
      '51 tags',
      { tag_list: tags(51) },
      { tags_list: ['Too many tags specified. Please limit the number of tags to 50'] },
    ],
    [
      'a tag of 256 characters',
      { tag_list: 'x'.repeat(256) },
      { tags_list: ['Tag is too long (maximum is 255 characters)'] },
    ],
    ['599 seconds', { maximum_timeout: 599 }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['0 seconds', { maximum_timeout: 0 }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['a negative time', { maximum_timeout: '-600' }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['a time beyond 31 bits', { maximum_timeout: 2_147_483_648 }, { maximum_timeout: ['is too large'] }],
    ['a time beyond all bounds', { maximum_timeout: '9'.repeat(300) }, { maximum_timeout: ['is too large'] }],
    [
      'a long note',
      { maintenance_note: 'x'.repeat(1025) },
      { maintenance_note: ['is too long (maximum is 1024 characters)'] },
    ],
    [
      'a long old note',
      { maintainer_note: 'x'.repeat(1025) },
      { maintenance_note: ['is too long (maximum is 1024 characters)'] },
    ],
    [
      'a long description',
      { description: '😀'.repeat(1025) },
      { description: ['is too long (maximum is 1024 characters)'] },
    ],
    ['a long name', { info: { name: 'x'.repeat(257) } }, { name: ['is too long (maximum is 256 characters)'] }],
  ])('%s', async (_, attributes, message) => {
    const before = await count()
    const { status, body } = await register(attributes)
    expect(status).toBe(400)
    expect(body).toEqual({ message })
    expect(await count()).toBe(before)
  })

  it('is reported completely', async () => {
    const { body } = await register({ run_untagged: false, maximum_timeout: 5, description: 'x'.repeat(2000) })
    expect(Object.keys((body as { message: object }).message)).toEqual(['tags_list', 'maximum_timeout', 'description'])
  })

  it.each([
    ['50 tags', { tag_list: tags(50) }],
    ['51 tags with a duplicate, and blank ones', { tag_list: [...tags(50), 'tag-0', ' ', ''] }],
    ['a tag of 255 characters', { tag_list: '😀'.repeat(255) }],
    ['600 seconds', { maximum_timeout: 600 }],
    ['31 bits of seconds', { maximum_timeout: 2_147_483_647 }],
    ['1024 characters of any width', { description: '😀'.repeat(1024), maintenance_note: 'é'.repeat(1024) }],
    ['a name of 256 characters', { info: { name: '😀'.repeat(256) } }],
    ['tags without untagged jobs', { run_untagged: false, tag_list: 'a' }],
  ])('is not %s', async (_, attributes) => {
    expect((await register(attributes)).status).toBe(201)
  })

  it.each([
    [{ access_level: 'owner' }, 'access_level does not have a valid value'],
    [{ access_level: '' }, 'access_level does not have a valid value'],
    [{ info: 'text' }, 'info is invalid'],
    [{ info: { version: [] } }, 'info[version] is invalid'],
    [
      { locked: 'maybe', run_untagged: 2, maximum_timeout: '10m' },
      'locked is invalid, run_untagged is invalid, maximum_timeout is invalid',
    ],
    [{ description: {} }, 'description is invalid'],
  ])('differs from what makes a parameter invalid: %j', async (attributes, error) => {
    const { status, body } = await register(attributes)
    expect(status).toBe(400)
    expect(body).toEqual({ error })
  })
})

describe('with registration tokens switched off', () => {
  let closed: TestGateway
  beforeAll(async () => {
    closed = await startTestGateway({ policy: { registrationEnabled: false } })
  })
  afterAll(() => closed[Symbol.asyncDispose]())

  it('answers 410 to any token', async () => {
    for (const token of [closed.registrationToken, 'unknown']) {
      const { status, body } = await closed.post('/runners', { token })
      expect(status).toBe(410)
      expect(body).toEqual({ message: '410 Gone - runner registration disallowed' })
    }
  })

  it.each([[''], [null]])('answers 403 to the token %j', async (token) => {
    expect((await closed.post('/runners', { token })).status).toBe(403)
  })

  it('still validates parameters first', async () => {
    expect((await closed.post('/runners', { token: 'x', info: 5 })).status).toBe(400)
  })
})

function tags(number: number): string[] {
  return Array.from({ length: number }, (_, n) => `tag-${n}`)
}
