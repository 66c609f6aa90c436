import type { Actor, AuditEvent } from '../audit/audit-event.ts'
import type { AuditStore } from '../ports.ts'

/** When maintenance was switched on, and by whom. */
export interface MaintenanceBegin {
  readonly at: Date
  readonly by: Actor
}

/** Settings change rarely: among so many changes the switch is found, unless it was long ago. */
const LOOKED_AT = 100

/** Finds who switched maintenance on, provided that it is on; null when that is not among the latest audit events. */
export async function maintenanceBegin({
  audit,
}: {
  audit: Pick<AuditStore, 'list'>
}): Promise<MaintenanceBegin | null> {
  let begin: MaintenanceBegin | null = null
  for (const event of await audit.list({ action: 'settings.update', limit: LOOKED_AT })) {
    const switched = switchedTo(event)
    // What was repeated later did not begin it.
    if (switched === true) begin = { at: event.at, by: event.actor }
    if (switched === false) break
  }
  return begin
}

/** Returns what maintenance was switched to; null when it was not. An event whose outcome is open counts as done. */
function switchedTo({ outcome, details: { input } }: AuditEvent): boolean | null {
  if (outcome === 'refused' || outcome === 'failed' || typeof input !== 'object' || input === null) return null
  const { maintenance } = input as { readonly maintenance?: unknown }
  return typeof maintenance === 'boolean' ? maintenance : null
}
