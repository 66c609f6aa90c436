import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const create = (json: unknown, headers: Record<string, string> = { 'PRIVATE-TOKEN': ADMIN_TOKEN }) =>
  gateway.post('/user/runners', json, headers)
const shown = (id: number) => gateway.admin<Record<string, unknown>>('query', 'runners.get', { id })

describe('POST /api/v4/user/runners', () => {
  it('answers 201 with id, glrt- token and expiry', async () => {
    const { status, text } = await create({ runner_type: 'instance_type' })
    expect(status).toBe(201)
    expect(text).toMatch(/^\{"id":\d+,"token":"glrt-[A-Za-z0-9_-]{20,}","token_expires_at":null\}$/)
  })

  it('creates a runner with the creation state started', async () => {
    const { body } = await create({ runner_type: 'instance_type' })
    const { id, token } = body as { id: number; token: string }
    expect(await shown(id)).toMatchObject({
      runnerType: 'instance_type',
      creationState: 'started',
      status: 'never_contacted',
      contactedAt: null,
    })
    expect((await gateway.post('/runners/verify', { token })).body).toEqual({ id, token, token_expires_at: null })
  })

  it('stores its attributes', async () => {
    const { body } = await create({
      runner_type: 'instance_type',
      description: 'mine',
      maintenance_note: 'note',
      paused: true,
      locked: 'yes',
      access_level: 'ref_protected',
      run_untagged: false,
      tag_list: ['a', 'b,c'],
      maximum_timeout: '1_000',
    })
    expect(await shown((body as { id: number }).id)).toMatchObject({
      description: 'mine',
      maintenanceNote: 'note',
      paused: true,
      locked: true,
      accessLevel: 'ref_protected',
      runUntagged: false,
      tagList: ['a', 'b', 'c'],
      maximumTimeout: 1000,
    })
  })

  it('creates project and group runners', async () => {
    const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', {
      path: 'harbour/crane',
      groupPath: 'harbour',
    })
    const [group] = await gateway.admin<{ id: number }[]>('query', 'groups.list')
    const ofProject = await create({ runner_type: 'project_type', project_id: String(project.id) })
    expect(await shown((ofProject.body as { id: number }).id)).toMatchObject({
      runnerType: 'project_type',
      projectIds: [project.id],
    })
    const ofGroup = await create({ runner_type: 'group_type', group_id: group?.id })
    expect(await shown((ofGroup.body as { id: number }).id)).toMatchObject({
      runnerType: 'group_type',
      groupId: group?.id,
    })
  })

  it.each([[{}], [{ 'PRIVATE-TOKEN': 'wrong' }], [{ authorization: `Basic ${btoa(`user:${ADMIN_TOKEN}`)}` }]])(
    'answers 401 to %j, before it checks parameters',
    async (headers) => {
      const { status, body } = await create({ runner_type: 'nonsense', paused: 'maybe' }, headers)
      expect(status).toBe(401)
      expect(body).toEqual({ message: '401 Unauthorized' })
    },
  )

  it('accepts the user’s token as a parameter and as a bearer token', async () => {
    expect((await create({ runner_type: 'instance_type', private_token: ADMIN_TOKEN }, {})).status).toBe(201)
    const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` }
    expect((await create({ runner_type: 'instance_type' }, bearer)).status).toBe(201)
  })

  it.each([
    [{}, 'runner_type is missing'],
    [{ runner_type: 'other_type' }, 'runner_type does not have a valid value'],
    [{ runner_type: '' }, 'runner_type does not have a valid value'],
    [{ runner_type: null }, 'runner_type does not have a valid value'],
    [{ runner_type: 'group_type' }, 'group_id is missing'],
    [{ runner_type: 'project_type' }, 'project_id is missing'],
    [{ runner_type: 'project_type', project_id: 'x', paused: 2 }, 'project_id is invalid, paused is invalid'],
    [{ runner_type: 'group_type', paused: 2 }, 'group_id is missing, paused is invalid'],
  ])('answers 400 to %j', async (json, error) => {
    const { status, body } = await create(json)
    expect(status).toBe(400)
    expect(body).toEqual({ error })
  })

  it.each([
    [{ maximum_timeout: 5 }, 'Maximum timeout needs to be at least 10 minutes'],
    [{ run_untagged: false }, 'Tags list can not be empty when runner is not allowed to pick untagged jobs'],
    [
      { run_untagged: false, maximum_timeout: 5 },
      'Tags list can not be empty when runner is not allowed to pick untagged jobs and Maximum timeout needs to be at least 10 minutes',
    ],
    [
      { run_untagged: false, maximum_timeout: 5, maintenance_note: 'x'.repeat(1025) },
      'Tags list can not be empty when runner is not allowed to pick untagged jobs, Maximum timeout needs to be at least 10 minutes, and Maintenance note is too long (maximum is 1024 characters)',
    ],
  ])('answers 400 with a sentence to %j', async (attributes, sentence) => {
    const { status, body } = await create({ runner_type: 'instance_type', ...attributes })
    expect(status).toBe(400)
    expect(body).toEqual({ message: `400 Bad request - ${sentence}` })
  })

  it.each([
    [{ runner_type: 'group_type', group_id: 999_999 }],
    [{ runner_type: 'group_type', group_id: null }],
    [{ runner_type: 'project_type', project_id: 999_999_999_999 }],
    [{ runner_type: 'project_type', project_id: -1 }],
  ])('answers 400 to %j, which does not exist', async (json) => {
    const { status, body } = await create(json)
    expect(status).toBe(400)
    expect((body as { message: string }).message).toMatch(/^400 Bad request - (Group|Project) not found$/)
  })

  it('accepts the body null that runners send, and then misses the type', async () => {
    expect((await create(null)).body).toEqual({ error: 'runner_type is missing' })
  })
})
