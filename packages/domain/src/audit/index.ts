/** Records changes that people and runners make. */
export {
  ACTOR_KINDS,
  type Act,
  type Actor,
  type AuditEvent,
  type NewAuditEvent,
  type Outcome,
  SUBJECT_KINDS,
  type SubjectKind,
  sessionPrefix,
} from './audit-event.ts'
export { expireAuditEvents } from './expire-events.ts'
export { doOnRecord, recordEvent } from './record-event.ts'
