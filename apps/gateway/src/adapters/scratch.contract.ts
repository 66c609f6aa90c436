import type { Scratch } from '@yardmaster/domain/ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const LONG = 60_000
const SHORT = 150

/** What every scratch store must do. Each adapter's test file calls this. */
export function scratchContract(name: string, open: () => Promise<Scratch & AsyncDisposable>): void {
  describe(`${name} keeps the scratch contract`, () => {
    let scratch: Scratch & AsyncDisposable
    beforeEach(async () => {
      scratch = await open()
    })
    afterEach(() => scratch[Symbol.asyncDispose]())

    const gone = (key: string) => expect.poll(() => scratch.get(key)).toBeNull()

    /** Tries keys until one shows what a short lifetime may end before it is seen. Returns that key. */
    async function firstWhere(isSeen: (key: string) => Promise<boolean>): Promise<string> {
      for (let number = 2; ; number += 1) if (await isSeen(`key:${number}`)) return `key:${number}`
    }

    it('returns the stored value, with all its characters', async () => {
      await scratch.set('queue:1', 'grüße\n\u0000 "{}"', LONG)
      expect(await scratch.get('queue:1')).toBe('grüße\n\u0000 "{}"')
    })

    it('returns null for a key that was never set', async () => {
      expect(await scratch.get('queue:1')).toBeNull()
    })

    it('recalls what is stored now, after each change of its own', async () => {
      expect(await scratch.recall('queue:1')).toBeNull()
      expect(await scratch.setIfAbsent('queue:1', 'first', LONG)).toBe('first')
      expect([await scratch.recall('queue:1'), await scratch.recall('queue:1')]).toEqual(['first', 'first'])
      await scratch.set('queue:1', 'second', LONG)
      expect([await scratch.recall('queue:1'), await scratch.recall('queue:1')]).toEqual(['second', 'second'])
      await scratch.delete('queue:1')
      expect(await scratch.recall('queue:1')).toBeNull()
    })

    it('recalls nothing at the end of its lifetime', async () => {
      await scratch.set('queue:1', 'a', SHORT)
      await expect.poll(() => scratch.recall('queue:1')).toBeNull()
    })

    it('overwrites a value and its lifetime', async () => {
      await scratch.set('queue:1', 'old', LONG)
      await scratch.set('queue:1', 'new', LONG)
      expect(await scratch.get('queue:1')).toBe('new')
      await scratch.set('queue:1', 'brief', SHORT)
      await gone('queue:1')
    })

    it('forgets a value at the end of its lifetime', async () => {
      await scratch.set('queue:1', 'a', SHORT)
      await gone('queue:1')
    })

    it('deletes values, and ignores missing ones', async () => {
      await scratch.set('queue:1', 'a', LONG)
      await scratch.delete('queue:1')
      await scratch.delete('queue:1')
      expect(await scratch.get('queue:1')).toBeNull()
    })

    it('stores a value if there is none, and returns it', async () => {
      expect(await scratch.setIfAbsent('queue:1', 'first', LONG)).toBe('first')
      expect(await scratch.get('queue:1')).toBe('first')
    })

    it('keeps an existing value and its lifetime, and returns it', async () => {
      await scratch.setIfAbsent('queue:1', 'first', LONG)
      expect(await scratch.setIfAbsent('queue:1', 'second', LONG)).toBe('first')
      const key = await firstWhere(async (key) => {
        await scratch.setIfAbsent(key, 'first', SHORT)
        return (await scratch.setIfAbsent(key, 'second', LONG)) === 'first'
      })
      await gone(key)
      expect(await scratch.setIfAbsent(key, 'third', LONG)).toBe('third')
    })

    it('returns one value to many callers that set the same key at once', async () => {
      const values = await Promise.all(
        Array.from({ length: 20 }, (_, index) => scratch.setIfAbsent('queue:1', `value ${index}`, LONG)),
      )
      expect(new Set(values).size).toBe(1)
    })

    it('counts from one, each increment once', async () => {
      const counts = await Promise.all(Array.from({ length: 20 }, () => scratch.increment('requests:1', LONG)))
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    })

    it('counts several at once', async () => {
      expect(await scratch.increment('requests:1', LONG, 20)).toBe(20)
      expect(await scratch.increment('requests:1', LONG)).toBe(21)
      expect(await scratch.increment('requests:1', LONG, 5)).toBe(26)
    })

    it('forgets a counter one lifetime after its first increment, however often it was incremented', async () => {
      await scratch.increment('requests:1', 200)
      await expect.poll(() => scratch.increment('requests:1', LONG), { interval: 20 }).toBe(1)
      expect(await scratch.increment('requests:1', LONG)).toBe(2)
    })

    it('counts only these when the stored value is not a number', async () => {
      await scratch.set('requests:1', 'many', LONG)
      expect(await scratch.increment('requests:1', LONG)).toBe(1)
      await scratch.set('requests:1', 'many', LONG)
      expect(await scratch.increment('requests:1', LONG, 20)).toBe(20)
    })

    it('counts the members of a set, each once', async () => {
      const counts = []
      for (const member of ['a', 'b', 'a', 'c', 'b'])
        counts.push(await scratch.addMember('entries:1', member, LONG, LONG))
      expect(counts).toEqual([1, 2, 2, 3, 3])
      expect(await scratch.addMember('entries:10', 'a', LONG, LONG)).toBe(1)
    })

    it('removes a member from a set, and ignores a missing one', async () => {
      await scratch.addMember('entries:1', 'a', LONG, LONG)
      await scratch.removeMember('entries:1', 'a')
      await scratch.removeMember('entries:1', 'a')
      expect(await scratch.addMember('entries:1', 'b', LONG, LONG)).toBe(1)
    })

    it('forgets a member one lifetime after its last addition, and no other', async () => {
      const key = await firstWhere(async (key) => {
        await scratch.addMember(key, 'stays', LONG, LONG)
        await scratch.addMember(key, 'goes', SHORT, SHORT)
        return (await scratch.addMember(key, 'stays', LONG, LONG)) === 2
      })
      await expect.poll(() => scratch.addMember(key, 'stays', LONG, LONG)).toBe(1)
    })

    it('counts only the members that were added recently', async () => {
      await scratch.addMember('entries:1', 'early', LONG, LONG)
      await new Promise((resolve) => setTimeout(resolve, 60))
      await scratch.addMember('entries:1', 'late', LONG, LONG)
      expect(await scratch.addMember('entries:1', 'late', LONG, LONG)).toBe(2)
      expect(await scratch.addMember('entries:1', 'late', LONG, 50)).toBe(1)
    })

    it('keeps the hundred most recent members', async () => {
      for (let member = 0; member < 105; member++) await scratch.addMember('entries:1', `member ${member}`, LONG, LONG)
      expect(await scratch.addMember('entries:1', 'member 104', LONG, LONG)).toBe(100)
      await scratch.removeMember('entries:1', 'member 4')
      expect(await scratch.addMember('entries:1', 'member 104', LONG, LONG)).toBe(100)
    })

    it('keeps keys apart', async () => {
      await scratch.set('queue:1', 'a', LONG)
      await scratch.set('queue:10', 'b', LONG)
      expect([await scratch.get('queue:1'), await scratch.get('queue:10')]).toEqual(['a', 'b'])
    })
  })
}
