import { describe, expect, it } from 'vitest'
import { packsToJoin } from './join-packs.ts'

const packs = (...sizes: readonly number[]) => sizes.map((bytes, index) => ({ key: `${index}`, bytes }))
const joined = (...sizes: readonly number[]) => packsToJoin(packs(...sizes)).map(({ bytes }) => bytes)

describe('the packs that are joined', () => {
  it.each([
    [
      [3, 1, 2],
      [1, 2, 3],
    ],
    [
      [1, 1, 1, 1_000],
      [1, 1, 1],
    ],
    [
      [1_000, 1, 2, 6, 18, 500],
      [1, 2, 6, 18],
    ],
    [[10, 30], [10]],
    [[], []],
  ])('of %j are %j', (sizes, expected) => {
    expect(joined(...sizes)).toEqual(expected)
  })

  it('leave few packs, and make each byte move seldom, however many pushes come', () => {
    let present = packs()
    let moved = 0
    for (let push = 0; push < 5_000; push++) {
      present = [...present, { key: `${push}`, bytes: 1 }]
      if (present.length <= 40) continue
      const some = new Set(packsToJoin(present))
      const bytes = [...some].reduce((sum, pack) => sum + pack.bytes, 0)
      moved += bytes
      present = [...present.filter((pack) => !some.has(pack)), { key: `joined-${push}`, bytes }]
    }
    expect(present.length).toBeLessThanOrEqual(41)
    expect(moved / 5_000).toBeLessThan(10)
  })
})
