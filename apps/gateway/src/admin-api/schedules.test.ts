import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

let gateway: TestGateway
let projectId: number

beforeAll(async () => {
  gateway = await startTestGateway()
  const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/scheduled' })
  projectId = project.id
})
afterAll(() => gateway[Symbol.asyncDispose]())

const CONTENT = 'job: { script: [x] }'
const GIVEN = { description: 'Nightly', cron: '0 4 * * 1-5', timeZone: 'Europe/Berlin', content: CONTENT }

const create = (given: object = {}) =>
  gateway.admin<{ id: number }>('mutation', 'schedules.create', { projectId, ...GIVEN, ...given })
const get = (id: number) => gateway.admin('query', 'schedules.get', { id })

/** Calls a mutation that must be refused. Returns the refusal. */
async function refusalOf(procedure: string, json: object) {
  const { body } = await gateway.call('POST', `/trpc/${procedure}`, {
    json,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  return (body as { error: { data: { refusal: { kind: string; fields: { path: string }[] } } } }).error.data.refusal
}

describe('schedules', () => {
  it('are created, shown, listed, changed and removed', async () => {
    const variables = [
      { key: 'TOKEN', value: 'hidden', masked: true },
      { key: 'LEVEL', value: '3' },
    ]
    const made = await create({ ref: 'topic', variables, files: { 'a.yml': 'b' }, inputs: {} })
    expect(made).toMatchObject({
      ...{ projectId, projectPath: 'yard/scheduled', description: 'Nightly', cron: '0 4 * * 1-5', ref: 'topic' },
      ...{ timeZone: 'Europe/Berlin', active: true, pausedByFailures: false, createdBy: 'admin_token' },
      ...{ nextRunAt: expect.any(String), lastRunAt: null, lastPipeline: null, failures: 0, lastFailure: null },
    })
    expect(await get(made.id)).toMatchObject({
      ...{ content: CONTENT, files: { 'a.yml': 'b' }, inputs: {} },
      variables: [
        { key: 'TOKEN', value: null, masked: true, file: false },
        { key: 'LEVEL', value: '3' },
      ],
    })
    expect(await gateway.admin('query', 'schedules.list', { projectId })).toMatchObject({
      items: [made],
      nextCursor: null,
    })
    const changed = await gateway.admin('mutation', 'schedules.update', {
      ...{ id: made.id, active: false, ref: null },
      variables: [{ key: 'TOKEN', masked: true }],
    })
    expect(changed).toMatchObject({ active: false, ref: null, nextRunAt: null, description: 'Nightly' })
    const { id: pipeline } = await gateway.admin<{ id: number }>('mutation', 'schedules.run', { id: made.id })
    expect(await gateway.admin('query', 'pipelines.get', { id: pipeline })).toMatchObject({
      ...{ source: 'schedule', ref: 'main', createdBy: 'admin_token' },
      variables: [{ key: 'TOKEN', value: null, masked: true }],
    })
    await gateway.services.background.settle()
    expect(await get(made.id)).toMatchObject({ lastPipeline: { id: pipeline, status: 'pending' } })
    await gateway.admin('mutation', 'schedules.remove', { id: made.id })
    expect(await refusalOf('schedules.remove', { id: made.id })).toMatchObject({ kind: 'schedule_not_found' })
  })

  it('are refused with the field that is wrong', async () => {
    const { id } = await create()
    for (const [given, kind, path] of [
      [{ cron: '* * * * *' }, 'schedule_invalid', 'cron'],
      [{ cron: '0 0 31 2 *' }, 'schedule_invalid', 'cron'],
      [{ timeZone: 'Mars/Olympus' }, 'schedule_invalid', 'timeZone'],
      [{ ref: 'a b' }, 'input_invalid', 'ref'],
      [{ description: '' }, 'input_invalid', 'description'],
      [{ files: { '../a': '' } }, 'input_invalid', 'files.../a'],
    ] as const) {
      for (const [procedure, input] of [
        ['schedules.create', { projectId, ...GIVEN, ...given }],
        ['schedules.update', { id, ...given }],
      ] as const) {
        const refusal = await refusalOf(procedure, input)
        expect([procedure, refusal.kind, refusal.fields[0]?.path]).toEqual([procedure, kind, path])
      }
    }
    expect(await refusalOf('schedules.create', { projectId, ...GIVEN, variables: [{ key: 'A' }] })).toMatchObject({
      ...{ kind: 'input_invalid', fields: [{ path: 'variables[0].value' }] },
    })
    expect(await refusalOf('schedules.update', { id, variables: [{ key: 'A' }] })).toMatchObject({
      ...{ kind: 'schedule_invalid', fields: [{ path: 'variables' }] },
    })
    expect(await refusalOf('schedules.update', { id, content: 'job: { script: 7 }' })).toMatchObject({
      kind: 'config_invalid',
      errors: [{ message: expect.stringContaining('job:script'), line: 1 }],
    })
    expect(await refusalOf('schedules.create', { ...GIVEN, projectId: 999_999 })).toMatchObject({
      kind: 'project_not_found',
    })
  })

  it('leave audit events without secrets', async () => {
    const { id } = await create({ variables: [{ key: 'A', value: 'do not tell' }] })
    const events = await gateway.admin<{ items: object[] }>('query', 'audit.list', { limit: 1 })
    expect(events.items).toMatchObject([
      { action: 'schedules.create', subjectKind: 'schedule', subjectIds: [id], outcome: 'done' },
    ])
    expect(JSON.stringify(events)).not.toContain('do not tell')
    expect(JSON.stringify(events)).toContain('Europe/Berlin')
  })
})
