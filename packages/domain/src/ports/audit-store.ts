import type { AuditEvent, AuditFilter, Conclusion, NewAuditEvent } from '../audit/audit-event.ts'

/** Stores audit events. They are added and concluded, never changed otherwise. */
export interface AuditStore {
  /** Returns the event's id. */
  add(event: NewAuditEvent): Promise<number>
  conclude(id: number, conclusion: Required<Conclusion>): Promise<void>
  /** Returns the newest first. */
  list(filter: AuditFilter): Promise<AuditEvent[]>
  /** Deletes up to `limit` events older than `before`. Returns how many. */
  removeBefore(before: Date, limit: number): Promise<number>
}
