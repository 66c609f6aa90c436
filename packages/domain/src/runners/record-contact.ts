import type { Contact, RunnerStore } from '../ports.ts'

/** Who polls, as an unauthenticated request spells it. */
export interface Caller {
  readonly tokenDigest: string
  readonly systemId: string
}

type Known = Pick<Contact, 'runnerId' | 'managerId'>

/** Heartbeats, collected here and written in batches: an idle poll costs no SQL (`common.md` 9). */
export interface ContactBook {
  /** A runner (and the manager it speaks through) was heard of just now. Costs a map entry. */
  note(contact: Contact): void
  /** An authenticated caller: its next polls that need no search are known by this. */
  remember(caller: Caller, known: Known): void
  /** Notes a contact of a remembered caller; false if this process doesn't know it and it has to authenticate. */
  noteCaller(caller: Caller, contact: Pick<Contact, 'at' | 'ipAddress'>): boolean
  /** Until released, a remembered caller is in contact all the time: it waits for work. */
  hold(caller: Caller, ipAddress: string | null): Disposable
  /** Writes what was collected. Reads that show contact times call it first, so that they are never behind. */
  flush(): Promise<void>
}

const REMEMBERED_CALLERS = 50_000

/**
 * Collects one contact per manager, the latest. A failed write keeps them for the next flush.
 */
export function collectContacts(
  runners: Pick<RunnerStore, 'recordContacts'>,
  now: () => Date = () => new Date(),
): ContactBook {
  let collected = new Map<string, Contact>()
  let writing: Promise<void> | null = null
  const callers = new Map<string, Known>()
  const held = new Map<symbol, Known & { ipAddress: string | null }>()

  const callerKey = ({ tokenDigest, systemId }: Caller): string => `${tokenDigest}${systemId}`

  function note(contact: Contact): void {
    const key = `${contact.runnerId}/${contact.managerId ?? ''}`
    const previous = collected.get(key)
    collected.set(key, previous ? { ...contact, ipAddress: contact.ipAddress ?? previous.ipAddress } : contact)
  }

  async function write(): Promise<void> {
    const batch = collected
    collected = new Map()
    try {
      await runners.recordContacts([...batch.values()])
    } catch (error) {
      for (const [key, contact] of batch) if (!collected.has(key)) collected.set(key, contact)
      throw error
    }
  }

  return {
    note,
    remember(caller, known) {
      if (callers.size >= REMEMBERED_CALLERS) callers.delete(callers.keys().next().value ?? '')
      callers.set(callerKey(caller), known)
    },
    noteCaller(caller, contact) {
      const known = callers.get(callerKey(caller))
      if (known) note({ ...known, ...contact })
      return known !== undefined
    },
    hold(caller, ipAddress) {
      const known = callers.get(callerKey(caller))
      const entry = Symbol()
      if (known) {
        held.set(entry, { ...known, ipAddress })
        note({ ...known, ipAddress, at: now() })
      }
      return {
        [Symbol.dispose]() {
          if (known && held.delete(entry)) note({ ...known, ipAddress, at: now() })
        },
      }
    },
    async flush() {
      // One write at a time: a second caller waits for it, then writes what came since.
      while (writing) await writing.catch(() => undefined)
      for (const contact of held.values()) note({ ...contact, at: now() })
      if (collected.size === 0) return
      writing = write().finally(() => {
        writing = null
      })
      await writing
    },
  }
}
