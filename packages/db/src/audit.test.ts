import type { NewAuditEvent } from '@yardmaster/domain/audit'
import { beforeEach, describe, expect, it } from 'vitest'
import { useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

beforeEach(() => test.db.script('delete from audit_events'))

const event = (given: Partial<NewAuditEvent> = {}): NewAuditEvent => ({
  actor: { kind: 'admin_token', address: '192.0.2.1', session: null },
  action: 'jobs.cancel',
  subjectKind: 'job',
  subjectIds: [7],
  outcome: 'done',
  details: { input: { force: true } },
  ...given,
})

describe('audit events', () => {
  it('are returned as they were added, newest first, page by page', async () => {
    const { add, list } = test.stores.audit
    const session = { kind: 'session', address: null, session: '0123abcd' } as const
    const ids = [await add(event()), await add(event({ actor: session })), await add(event())]
    const first = await list({ limit: 2 })
    expect(first.map(({ id }) => id)).toEqual([ids[2], ids[1]])
    expect(first[0]).toEqual({ ...event(), id: ids[2], at: expect.any(Date) })
    expect(first[1]?.actor).toEqual(session)
    expect((await list({ limit: 2, before: ids[1] })).map(({ id }) => id)).toEqual([ids[0]])
  })

  it('are found by action and by any of their subjects', async () => {
    const { add, list } = test.stores.audit
    const many = await add(event({ action: 'jobs.createMany', subjectIds: [7, 8, 9] }))
    const runner = await add(event({ action: 'runners.remove', subjectKind: 'runner', subjectIds: [8] }))
    const ids = async (filter: object) => (await list({ limit: 10, ...filter })).map(({ id }) => id)
    expect(await ids({ subjectId: 8 })).toEqual([runner, many])
    expect(await ids({ subjectKind: 'job', subjectId: 8 })).toEqual([many])
    expect(await ids({ action: 'runners.remove' })).toEqual([runner])
    expect(await ids({ action: 'runners.remove', subjectId: 7 })).toEqual([])
  })

  it('that have begun are concluded once', async () => {
    const { add, conclude, list } = test.stores.audit
    const id = await add(event({ outcome: 'unknown', subjectIds: [] }))
    await conclude(id, { outcome: 'done', subjectIds: [3], details: { a: 1 } })
    await conclude(id, { outcome: 'failed', subjectIds: [], details: {} })
    expect(await list({ limit: 1 })).toMatchObject([{ id, outcome: 'done', subjectIds: [3], details: { a: 1 } }])
  })

  it('are deleted oldest first, and only when they are too old', async () => {
    const { add, list, removeBefore } = test.stores.audit
    for (let n = 0; n < 3; n++) await add(event())
    await test.db.script("update audit_events set at = now() - interval '2 days'")
    const young = await add(event())
    const yesterday = new Date(Date.now() - 86_400_000)
    expect(await removeBefore(yesterday, 2)).toBe(2)
    expect(await removeBefore(yesterday, 2)).toBe(1)
    expect(await removeBefore(yesterday, 2)).toBe(0)
    expect((await list({ limit: 10 })).map(({ id }) => id)).toEqual([young])
  })
})
