import { describe, expect, it } from 'vitest'
import type { Runner } from '../runners/runner.ts'
import { kindOfSearch, shareSearches } from './share-searches.ts'

/** Searches that the test ends, in the order they began. */
function startedSearches() {
  const begun: PromiseWithResolvers<string | null>[] = []
  return {
    begun,
    search: () => {
      const ending = Promise.withResolvers<string | null>()
      begun.push(ending)
      return ending.promise
    },
    async end(index: number, found: string | null) {
      begun[index]?.resolve(found)
      // The next one begins in a later microtask.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('searches of one kind', () => {
  it('answer, when they find nothing, all that waited when they began, and none that came later', async () => {
    const share = shareSearches(1)
    const { search, begun, end } = startedSearches()
    const first = share('kind', search)
    const waiting = [share('kind', search), share('kind', search)]
    await end(0, null)
    expect(await first).toBeNull()
    // They came after the first one began, so its empty result does not answer them.
    expect(begun).toHaveLength(2)
    const later = share('kind', search)
    await end(1, null)
    expect(await Promise.all(waiting)).toEqual([null, null])
    expect(begun).toHaveLength(3)
    await end(2, 'job')
    expect(await later).toBe('job')
  })

  it('run one by one while they find something', async () => {
    const share = shareSearches(1)
    const { search, begun, end } = startedSearches()
    const all = Array.from({ length: 4 }, () => share('kind', search))
    for (let index = 0; index < 3; index++) await end(index, `job ${index}`)
    await end(3, null)
    expect(await Promise.all(all)).toEqual(['job 0', 'job 1', 'job 2', null])
    expect(begun).toHaveLength(4)
  })

  it('run a few at a time, and for a thousand requests and one job only a few are needed', async () => {
    const share = shareSearches(3)
    let jobs = 1
    let made = 0
    let running = 0
    const search = async () => {
      made += 1
      running += 1
      expect(running).toBeLessThanOrEqual(3)
      const found = jobs > 0 ? 'job' : null
      jobs -= 1
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return found
    }
    const found = await Promise.all(Array.from({ length: 1_000 }, () => share('kind', search)))
    expect(found.filter((one) => one !== null)).toHaveLength(1)
    expect(made).toBeLessThanOrEqual(6)
  })

  it('neither wait for those of another kind nor share with them', async () => {
    const share = shareSearches(1)
    const { search, begun, end } = startedSearches()
    const one = share('one', search)
    const other = share('other', search)
    expect(begun).toHaveLength(2)
    await end(0, null)
    expect(await one).toBeNull()
    await end(1, 'job')
    expect(await other).toBe('job')
  })

  it('fail without affecting the others', async () => {
    const share = shareSearches(1)
    const broken = share('kind', () => Promise.reject(new Error('away')))
    const next = share('kind', async () => 'job')
    await expect(broken).rejects.toThrow('away')
    expect(await next).toBe('job')
  })
})

describe('runners whose searches are of one kind', () => {
  const runner = {
    id: 1,
    runnerType: 'instance_type',
    groupId: null,
    tagList: ['a', 'b'],
    runUntagged: true,
    accessLevel: 'not_protected',
  } as unknown as Runner
  const kind = (given: Partial<Runner> = {}, jobAge: number | null = null) =>
    kindOfSearch({ ...runner, ...given }, jobAge)

  it('serve the same projects and take the same jobs', () => {
    expect(kind({ id: 2, tagList: ['b', 'a'], paused: true, maximumTimeout: 600 })).toBe(kind())
    const group = { runnerType: 'group_type', groupId: 7 } as const
    expect(kind({ ...group, id: 2 })).toBe(kind(group))
  })

  it.each([
    [{ tagList: ['a'] }],
    [{ tagList: ['a,b'] }],
    [{ runUntagged: false }],
    [{ accessLevel: 'ref_protected' }],
    [{ runnerType: 'project_type' }],
    [{ runnerType: 'group_type', groupId: 7 }],
  ] as [Partial<Runner>][])('do not differ in %j', (given) => {
    expect(kind(given)).not.toBe(kind())
  })

  it('are the same runner for project runners, and of the same group for group runners', () => {
    expect(kind({ runnerType: 'project_type', id: 2 })).not.toBe(kind({ runnerType: 'project_type' }))
    expect(kind({ runnerType: 'group_type', groupId: 8 })).not.toBe(kind({ runnerType: 'group_type', groupId: 7 }))
    expect(kind({}, 60)).not.toBe(kind())
  })
})
