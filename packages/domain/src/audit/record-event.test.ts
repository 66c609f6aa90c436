import { beforeEach, describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import { database, recordFailures, services, setUpScene } from '../testing/scene.ts'
import type { NewAuditEvent } from './audit-event.ts'
import { doOnRecord, recordEvent } from './record-event.ts'

setUpScene()

beforeEach(() => database.db.script('delete from audit_events'))

const ACT = { action: 'jobs.cancel', subjectKind: 'job', subjectIds: [7], details: { force: true } } as const
const EVENT: NewAuditEvent = { ...ACT, actor: { kind: 'session', address: '203.0.113.1' }, outcome: 'done' }
const events = () => services.audit.list({ limit: 10 })
const away = () => Promise.reject(new Error('the database is away'))

/** Returns services in which some audit calls fail, and the names of the failures that are reported. */
function failing(audit: Partial<Services['audit']>) {
  const failures: string[] = []
  return { failures, ports: { audit: { ...services.audit, ...audit }, background: recordFailures(failures) } }
}

describe('an event that has happened', () => {
  it('is recorded', async () => {
    await recordEvent(services, EVENT)
    expect(await events()).toMatchObject([{ ...EVENT, at: expect.any(Date) }])
  })

  it('that cannot be recorded is reported, and does not stop the caller', async () => {
    const { failures, ports } = failing({ add: away })
    await recordEvent(ports, EVENT)
    expect(failures).toEqual(['record jobs.cancel of job 7 by session from 203.0.113.1'])
  })
})

describe('an act that must be on record', () => {
  const act = { ...ACT, actor: EVENT.actor }

  it('is recorded before it begins, and concluded with what it did', async () => {
    const during: unknown[] = []
    const work = async () => {
      during.push(...(await events()).map(({ outcome }) => outcome))
      return 42
    }
    const conclude = (result: number) => ({ outcome: 'done' as const, subjectIds: [result] })
    expect(await doOnRecord(services, act, work, conclude)).toBe(42)
    expect(during).toEqual(['unknown'])
    expect(await events()).toMatchObject([{ ...ACT, subjectIds: [42], outcome: 'done' }])
  })

  it('keeps its subjects and its details when its conclusion has none', async () => {
    await doOnRecord(
      services,
      act,
      async () => null,
      () => ({ outcome: 'refused', details: { code: 'NOT_FOUND' } }),
    )
    expect(await events()).toMatchObject([{ subjectIds: [7], outcome: 'refused', details: { code: 'NOT_FOUND' } }])
    await doOnRecord(
      services,
      act,
      async () => null,
      () => ({ outcome: 'done' }),
    )
    expect((await events())[0]).toMatchObject({ ...ACT, outcome: 'done' })
  })

  it('that fails is recorded as failed, and fails', async () => {
    const conclude = () => ({ outcome: 'done' as const })
    await expect(doOnRecord(services, act, away, conclude)).rejects.toThrow('the database is away')
    expect(await events()).toMatchObject([{ ...ACT, outcome: 'failed' }])
  })

  it('is not performed when it cannot be recorded', async () => {
    const { ports } = failing({ add: away })
    let performed = false
    const work = async () => {
      performed = true
    }
    await expect(doOnRecord(ports, act, work, () => ({ outcome: 'done' }))).rejects.toThrow('the database is away')
    expect(performed).toBe(false)
  })

  it('stays unknown when its end cannot be recorded, which is reported, and returns its result', async () => {
    const { failures, ports } = failing({ conclude: away })
    expect(
      await doOnRecord(
        ports,
        act,
        async () => 42,
        () => ({ outcome: 'done' }),
      ),
    ).toBe(42)
    expect(await events()).toMatchObject([{ outcome: 'unknown' }])
    expect(failures).toEqual([expect.stringMatching(/^record the end of jobs\.cancel, audit event \d+$/)])
  })
})
