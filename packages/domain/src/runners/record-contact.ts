import type { Contact, RunnerStore } from '../ports.ts'

/** Heartbeats, collected here and written in batches: an idle poll costs no SQL (`common.md` 9). */
export interface ContactBook {
  /** A runner (and the manager it speaks through) was heard of just now. Costs a map entry. */
  note(contact: Contact): void
  /** Writes what was collected. Reads that show contact times call it first, so that they are never behind. */
  flush(): Promise<void>
}

/**
 * Collects one contact per manager, the latest. A failed write keeps them for the next flush.
 */
export function collectContacts(runners: Pick<RunnerStore, 'recordContacts'>): ContactBook {
  let collected = new Map<string, Contact>()
  let writing: Promise<void> | null = null

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
    note(contact) {
      const key = `${contact.runnerId}/${contact.managerId ?? ''}`
      const previous = collected.get(key)
      collected.set(key, previous ? { ...contact, ipAddress: contact.ipAddress ?? previous.ipAddress } : contact)
    },
    async flush() {
      // One write at a time: a second caller waits for it, then writes what came since.
      while (writing) await writing.catch(() => undefined)
      if (collected.size === 0) return
      writing = write().finally(() => {
        writing = null
      })
      await writing
    },
  }
}
