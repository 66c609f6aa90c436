import type { AuditEvent, AuditFilter, Conclusion, NewAuditEvent } from '../audit/audit-event.ts'

/** Who did what. Events are added and concluded, never changed otherwise. */
export interface AuditStore {
  /** The event's id. */
  add(event: NewAuditEvent): Promise<number>
  conclude(id: number, conclusion: Required<Conclusion>): Promise<void>
  /** Newest first. */
  list(filter: AuditFilter): Promise<AuditEvent[]>
  /** Deletes up to `limit` that are older; how many. */
  removeBefore(before: Date, limit: number): Promise<number>
}
