import type { AuditEvent } from '@yardmaster/domain/audit'
import type { AuditStore } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'

interface AuditRow {
  id: number
  at: Date
  actor_kind: AuditEvent['actor']['kind']
  actor_address: string | null
  actor_session: string | null
  action: string
  subject_kind: AuditEvent['subjectKind']
  subject_ids: number[]
  outcome: AuditEvent['outcome']
  details: Record<string, unknown>
}

const toEvent = (row: AuditRow): AuditEvent => ({
  id: row.id,
  at: row.at,
  actor: { kind: row.actor_kind, address: row.actor_address, session: row.actor_session },
  action: row.action,
  subjectKind: row.subject_kind,
  subjectIds: row.subject_ids,
  outcome: row.outcome,
  details: row.details,
})

const ADD = {
  name: 'add-audit-event',
  text: `
insert into audit_events (actor_kind, actor_address, actor_session, action, subject_kind, subject_ids, outcome, details)
values ($1, $2, $3, $4, $5, $6, $7, $8)
returning id`,
}

// An event is concluded once; its outcome is never overwritten.
const CONCLUDE = {
  name: 'conclude-audit-event',
  text: `
update audit_events set outcome = $2, subject_ids = $3, details = $4 where id = $1 and outcome = 'unknown'`,
}

export function auditStore(db: Database): AuditStore {
  return {
    async add({ actor, action, subjectKind, subjectIds, outcome, details }) {
      const [row] = await db.query<{ id: number }>(ADD, [
        actor.kind,
        actor.address,
        actor.session ?? null,
        action,
        subjectKind,
        subjectIds,
        outcome,
        JSON.stringify(details),
      ])
      if (!row) throw new Error('an insert returned no row')
      return row.id
    },

    async conclude(id, { outcome, subjectIds, details }) {
      await db.query(CONCLUDE, [id, outcome, subjectIds, JSON.stringify(details)])
    },

    async list({ action, subjectKind, subjectId, before, limit }) {
      const params: unknown[] = []
      const all: string[] = []
      const add = (value: unknown, condition: (parameter: string) => string) => {
        if (value !== undefined) all.push(condition(`$${params.push(value)}`))
      }
      add(action, (p) => `action = ${p}`)
      add(subjectKind, (p) => `subject_kind = ${p}`)
      add(subjectId === undefined ? undefined : [subjectId], (p) => `subject_ids @> ${p}::integer[]`)
      add(before, (p) => `id < ${p}`)
      const where = all.length === 0 ? '' : `where ${all.join(' and ')}`
      const rows = await db.query<AuditRow>(
        `select * from audit_events ${where} order by id desc limit $${params.push(limit)}`,
        params,
      )
      return rows.map(toEvent)
    },

    async removeBefore(before, limit) {
      // Ids ascend with time, so the oldest are found by the primary key.
      const removed = await db.query(
        `with oldest as materialized (select id, at from audit_events order by id limit $2)
         delete from audit_events e using oldest where e.id = oldest.id and oldest.at < $1 returning e.id`,
        [before, limit],
      )
      return removed.length
    },
  }
}
