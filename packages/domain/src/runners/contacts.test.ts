import { describe, expect, it } from 'vitest'
import type { Contact } from '../ports.ts'
import { collectContacts } from './contacts.ts'

const caller = { tokenDigest: 'digest', systemId: 's_1' }
const known = { runnerId: 1, managerId: 2 }

/** A store that records its writes, with a clock that stands still. */
function keptBook() {
  const written: Contact[][] = []
  const clock = { now: new Date('2026-01-01T00:00:00Z') }
  const book = collectContacts(
    {
      async recordContacts(contacts) {
        written.push([...contacts])
      },
    },
    () => clock.now,
  )
  return {
    book,
    written,
    pass(ms: number) {
      clock.now = new Date(clock.now.getTime() + ms)
      return clock.now
    },
  }
}

describe('contacts', () => {
  it('are written once per manager: the latest, with the last known address', async () => {
    const { book, written, pass } = keptBook()
    book.note({ ...known, at: pass(0), ipAddress: '203.0.113.1' })
    const at = pass(5)
    book.note({ ...known, at, ipAddress: null })
    await book.write()
    await book.write()
    expect(written).toEqual([[{ ...known, at, ipAddress: '203.0.113.1', askedAt: null }]])
  })

  it('of a held caller are written now and then, and at once before a read', async () => {
    const { book, written, pass } = keptBook()
    book.remember(caller, known)
    const begun = pass(0)
    const holding = book.hold(caller, null)
    await book.write()
    pass(20_000)
    await book.write()
    expect(written).toEqual([[{ ...known, at: begun, ipAddress: null, askedAt: begun }]])
    const later = pass(10_000)
    await book.write()
    expect(written.at(-1)).toEqual([{ ...known, at: later, ipAddress: null, askedAt: null }])
    const seen = pass(1)
    await book.flush()
    expect(written.at(-1)).toEqual([{ ...known, at: seen, ipAddress: null, askedAt: null }])
    const ended = pass(1)
    holding[Symbol.dispose]()
    pass(60_000)
    await book.flush()
    await book.flush()
    expect(written.at(-1)).toEqual([{ ...known, at: ended, ipAddress: null, askedAt: null }])
    expect(written).toHaveLength(4)
  })

  it('of an unknown caller are not recorded', async () => {
    const { book, written, pass } = keptBook()
    using _held = book.hold(caller, null)
    expect(book.noteCaller(caller, { at: pass(0), ipAddress: null })).toBe(false)
    await book.flush()
    expect(written).toEqual([])
  })

  it('keep the time when the caller last asked for work, whatever it sends afterwards', async () => {
    const { book, written, pass } = keptBook()
    book.remember(caller, known)
    const asked = pass(1)
    book.noteCaller(caller, { at: asked, ipAddress: null })
    book.note({ ...known, at: pass(1), ipAddress: null })
    await book.write()
    const askedAgain = pass(1)
    const holding = book.hold(caller, null)
    pass(1)
    holding[Symbol.dispose]()
    await book.write()
    expect(written.flat().map(({ askedAt }) => askedAt)).toEqual([asked, askedAgain])
  })

  it('that could not be written are written with the next flush, unless there are later ones', async () => {
    const written: Contact[][] = []
    let broken = true
    const book = collectContacts({
      async recordContacts(contacts) {
        if (broken) throw new Error('away')
        written.push([...contacts])
      },
    })
    const [early, late] = [new Date(1_000), new Date(2_000)]
    book.note({ ...known, at: early, ipAddress: null, askedAt: early })
    book.note({ runnerId: 3, managerId: null, at: early, ipAddress: null })
    await expect(book.write()).rejects.toThrow('away')
    book.note({ ...known, at: late, ipAddress: null })
    broken = false
    await book.write()
    expect(written.flat().map(({ runnerId, at, askedAt = null }) => [runnerId, at, askedAt])).toEqual([
      [1, late, early],
      [3, early, null],
    ])
  })
})
