import type { Ports } from '../ports.ts'
import type { Caller } from './contacts.ts'
import { LEGACY_SYSTEM_ID } from './runner.ts'

/**
 * How long an entry counts since it asked last. A queue value lives no longer, and only who knows the current one is
 * held: before an entry knows it, every other of its process has had its turn to ask
 * (`docs/decisions/0010-entries-of-one-process-share-their-holds.md`).
 */
export const ENTRY_REMEMBERED_MS = 3_600_000

const entriesKey = (systemId: string): string => `entries:${systemId}`

/**
 * Notes that a runner process asks for one of the entries (`[[runners]]`) of its configuration.
 *
 * @param withinMs - what counts as of late, milliseconds; at most an hour.
 * @returns for how many entries it has asked of late, this one included. They share their workers. Processes that send
 *   no `system_id` can't be told apart: 1.
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

/** A token that is worth nothing any more is no entry of these processes. */
export async function forgetRunnerEntries(
  { scratch }: Pick<Ports, 'scratch'>,
  tokenDigest: string,
  systemIds: readonly string[],
): Promise<void> {
  await Promise.all(systemIds.map((systemId) => scratch.removeMember(entriesKey(systemId), tokenDigest)))
}
