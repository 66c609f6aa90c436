import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Slices, sortInSlices } from './slices.ts'

/** Keeps the thread busy until the slice is used up. */
function useUp(slices: Slices): void {
  while (!slices.due);
}

/** Returns how often the event loop turns until `work` is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let over = false
  const count = () => {
    turns += 1
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  await work()
  over = true
  return turns
}

describe('work in slices', () => {
  it('waits for its first slice', async () => {
    // The clock stands still: on a busy machine a slice may be over before it is looked at.
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    const slices = new Slices()
    expect(slices.due).toBe(true)
    await slices.next()
    expect(slices.due).toBe(false)
    now.mockReturnValue(1_008)
    expect(slices.due).toBe(true)
    now.mockRestore()
  })

  it('lets timers and sockets have a turn between slices', async () => {
    const slices = new Slices()
    const work = async () => {
      for (let slice = 0; slice < 10; slice++) {
        await slices.next()
        useUp(slices)
      }
    }
    expect(await turnsDuring(work)).toBeGreaterThanOrEqual(9)
  })

  it('runs one slice per turn of the event loop, however many tasks there are', async () => {
    const done: string[] = []
    const work = async (name: string) => {
      const slices = new Slices()
      for (let slice = 0; slice < 3; slice++) {
        await slices.next()
        useUp(slices)
        done.push(name)
      }
    }
    expect(await turnsDuring(() => Promise.all(['a', 'b', 'c', 'd'].map(work)))).toBeGreaterThanOrEqual(11)
    expect(done.join('')).toBe('abcdabcdabcd')
  })

  it('runs pausing work to its result', async () => {
    function* counting() {
      let sum = 0
      for (let number = 1; number <= 100; number++) {
        sum += number
        yield
      }
      return sum
    }
    expect(await new Slices().run(counting())).toBe(5050)
  })

  it('continues with the others when one fails', async () => {
    function* failing(): Generator<void, never> {
      yield
      throw new Error('broken')
    }
    const results = await Promise.allSettled([new Slices().run(failing()), new Slices().run([1, 2].values())])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
})

describe('sorting in slices', () => {
  it('returns the same as an ordinary sort, and keeps equal items in order', async () => {
    const item = fc.record({ key: fc.nat({ max: 50 }), id: fc.nat() })
    const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key
    await fc.assert(
      fc.asyncProperty(fc.array(item, { size: '+3' }), async (items) => {
        expect(await sortInSlices(items, byKey, new Slices())).toEqual(items.toSorted(byKey))
      }),
      { numRuns: 100 },
    )
  })

  it('pauses while it sorts many items', async () => {
    const numbers = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 1_000)
    // As slow as strings of 64 KB that differ only at their end.
    const slow = (a: number, b: number) => {
      for (const begun = performance.now(); performance.now() - begun < 0.01; );
      return a - b
    }
    const turns = await turnsDuring(async () => {
      const sorted = await sortInSlices(numbers, slow, new Slices())
      expect(sorted).toEqual(numbers.toSorted((a, b) => a - b))
    })
    expect(turns).toBeGreaterThan(4)
  })
})
