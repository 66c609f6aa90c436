import { expect, it } from 'vitest'
import { database, services, setUpScene } from '../testing/scene.ts'
import type { NewAuditEvent } from './audit-event.ts'
import { expireAuditEvents } from './expire-events.ts'

setUpScene()

it('forgets events older than 400 days', async () => {
  const event: NewAuditEvent = {
    actor: { kind: 'nobody', address: null },
    action: 'x',
    subjectKind: null,
    subjectIds: [],
    outcome: 'done',
    details: {},
  }
  const add = async (action: string, days: number) => {
    const id = await services.audit.add({ ...event, action })
    await database.db.query(`update audit_events set at = now() - $2 * interval '1 day' where id = $1`, [id, days])
  }
  await add('old', 401)
  await add('young', 399)
  await expireAuditEvents(services)
  expect((await services.audit.list({ limit: 10 })).map(({ action }) => action)).toEqual(['young'])
})
