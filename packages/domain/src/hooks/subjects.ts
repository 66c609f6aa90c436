import type { ForgeEvent } from './forge-event.ts'

/** Returns what the order of deliveries is kept for. */
export function subjectsOf(event: ForgeEvent | { readonly fault: string }): string[] {
  if ('fault' in event) return []
  if (event.kind === 'merge_request') return [`merge request ${event.iid}`]
  return event.kind === 'push' ? event.changes.map(({ ref, tag }) => `${tag ? 'tag' : 'branch'} ${ref}`) : []
}
