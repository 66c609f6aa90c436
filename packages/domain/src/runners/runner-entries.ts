import type { Ports } from '../ports.ts'
import type { Caller } from './contacts.ts'
import { LEGACY_SYSTEM_ID } from './runner.ts'

/**
 * How long an entry counts after its last poll. A queue value lives no longer, and only a request with the current
 * value is held: before an entry has it, every other entry of its process has had the chance to poll
 * (`docs/decisions/0010-entries-of-one-process-share-their-holds.md`).
 */
const ENTRY_REMEMBERED_MS = 3_600_000

const entriesKey = (systemId: string): string => `entries:${systemId}`

/**
 * Records that a runner process polls for one of the entries (`[[runners]]` sections) of its configuration.
 *
 * @param withinMs - only polls in this time count; in milliseconds, at most an hour.
 * @returns the number of entries for which it polled in this time, including this one. They share the process's
 * workers. Always 1 for processes without a `system_id`, which can't be told apart.
 * @see `docs/protocol/client.md 14, 15`
 */
export async function noteRunnerEntry(
  { scratch }: Pick<Ports, 'scratch'>,
  { tokenDigest, systemId }: Caller,
  withinMs = ENTRY_REMEMBERED_MS,
): Promise<number> {
  if (systemId === LEGACY_SYSTEM_ID) return 1
  return await scratch.addMember(entriesKey(systemId), tokenDigest, ENTRY_REMEMBERED_MS, withinMs)
}

/** Forgets the entry of a token that is no longer valid. */
export async function forgetRunnerEntries(
  { scratch }: Pick<Ports, 'scratch'>,
  tokenDigest: string,
  systemIds: readonly string[],
): Promise<void> {
  await Promise.all(systemIds.map((systemId) => scratch.removeMember(entriesKey(systemId), tokenDigest)))
}
