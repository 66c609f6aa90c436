import { describe, expect, it } from 'vitest'
import { openQuotas } from './quotas.ts'

function quotasOf(limit: number | null, stored: number) {
  let asked = 0
  const quotas = openQuotas({
    storageOf: async () => {
      asked += 1
      return { limit, stored }
    },
  })
  return { quotas, asked: () => asked }
}

describe('what a project may still store', () => {
  it('is unlimited unless a limit was set', async () => {
    const { quotas } = quotasOf(null, 1e15)
    expect(await quotas.room(1)).toBe(null)
    expect(quotas.reserve(1).take(1e15)).toBe(true)
  })

  it('is its quota minus what is stored, never below zero', async () => {
    expect(await quotasOf(100, 30).quotas.room(1)).toBe(70)
    expect(await quotasOf(100, 130).quotas.room(1)).toBe(0)
    expect(await quotasOf(0, 0).quotas.room(1)).toBe(0)
  })

  it('is read from the store once for many concurrent calls, and shrinks by what this process stores', async () => {
    const { quotas, asked } = quotasOf(100, 30)
    expect(await Promise.all([quotas.room(1), quotas.room(1), quotas.room(1)])).toEqual([70, 70, 70])
    quotas.note(1, 20)
    expect(await quotas.room(1)).toBe(50)
    expect(asked()).toBe(1)
  })

  it('is shared by concurrent uploads', async () => {
    const { quotas } = quotasOf(100, 30)
    await quotas.room(1)
    const one = quotas.reserve(1)
    const other = quotas.reserve(1)
    expect([one.take(40), other.take(40), other.take(30), one.take(1)]).toEqual([true, false, true, false])
    expect(await quotas.room(1)).toBe(0)
    one[Symbol.dispose]()
    expect(await quotas.room(1)).toBe(40)
    other[Symbol.dispose]()
    expect(await quotas.room(1)).toBe(70)
  })

  it('is separate for each project', async () => {
    const { quotas } = quotasOf(100, 0)
    await Promise.all([quotas.room(1), quotas.room(2)])
    quotas.note(1, 100)
    expect([await quotas.room(1), await quotas.room(2)]).toEqual([0, 100])
  })
})
