import { ACTOR_KINDS, type AuditEvent, SUBJECT_KINDS } from '@yardmaster/domain/audit'
import { z } from 'zod'
import { IdOrNull, IdShape, list, OpenRecord, pageOfItems, TextOrNull, Time } from './values.ts'

export const AuditEventShape = z
  .strictObject({
    id: IdShape,
    at: Time,
    actor: z.strictObject({
      kind: z.enum(ACTOR_KINDS),
      address: TextOrNull.describe('The client’s address.'),
      session: z.exactOptional(TextOrNull).describe('The first digits of the session’s digest.'),
    }),
    action: z.string().describe('The name of a procedure, or what a runner or a browser did: `runners.register`.'),
    subjectKind: z.enum(SUBJECT_KINDS).nullable(),
    subjectId: IdOrNull.describe('The first of `subjectIds`.'),
    subjectIds: list(IdShape),
    details: OpenRecord,
    outcome: z.enum(['unknown', 'done', 'refused', 'failed']),
  })
  .meta({ id: 'AuditEvent' })

export const AuditEventsShape = pageOfItems(AuditEventShape).meta({ id: 'AuditEvents' })

export const showAuditEvent = (event: AuditEvent): z.input<typeof AuditEventShape> => ({
  id: event.id,
  at: event.at,
  actor: {
    kind: event.actor.kind,
    address: event.actor.address,
    ...(event.actor.session !== undefined && { session: event.actor.session }),
  },
  action: event.action,
  subjectKind: event.subjectKind,
  ...subjectsOf(event),
  details: event.details,
  outcome: event.outcome,
})

/** Earlier releases kept the id in an address as it came, also 0. */
function subjectsOf({ subjectIds }: AuditEvent) {
  const ids = subjectIds.filter((id) => id > 0)
  return { subjectId: ids[0] ?? null, subjectIds: ids }
}
