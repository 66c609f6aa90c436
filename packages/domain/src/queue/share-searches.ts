import type { Runner } from '../runners/runner.ts'

/** A search for work; null when there was nothing for the runner at all. */
export type Search<Found> = () => Promise<Found | null>

/** Runs searches of a kind a few at a time, in the order they came. */
export type SharedSearches = <Found>(kind: string, search: Search<Found>) => Promise<Found | null>

/** What decides whether there is anything for a runner: those alike in this find nothing together. */
export function kindOfSearch(
  { id, groupId, runnerType, tagList, runUntagged, accessLevel }: Runner,
  jobAge: number | null,
): string {
  const scope = { instance_type: null, group_type: groupId, project_type: id }[runnerType]
  return JSON.stringify([runnerType, scope, tagList.toSorted(), runUntagged, accessLevel, jobAge])
}

interface Waiting {
  /** Counts those that came. */
  readonly number: number
  readonly begin: () => Promise<{ found: boolean }>
  readonly endEmpty: () => void
}

interface Kind {
  running: number
  came: number
  waiting: Waiting[]
}

/**
 * When a job comes, thousands of runners that wait for the like of it ask at the same moment, and one gets it. A search
 * that finds nothing therefore answers all of its kind that were waiting when it began: each would have looked at the
 * same moment or later, and seen what it saw or what came with a tick of its own. Whoever finds something has it for
 * itself, and the others go on.
 *
 * @param most - searches of one kind at a time.
 */
export function shareSearches(most: number): SharedSearches {
  const kinds = new Map<string, Kind>()

  async function run(kind: Kind, first: Waiting): Promise<void> {
    kind.running += 1
    const before = kind.came
    const { found } = await first.begin()
    kind.running -= 1
    if (found) return
    const later = kind.waiting.findIndex(({ number }) => number > before)
    for (const one of kind.waiting.splice(0, later === -1 ? kind.waiting.length : later)) one.endEmpty()
  }

  function goOn(name: string, kind: Kind): void {
    while (kind.running < most) {
      const first = kind.waiting.shift()
      if (!first) break
      void run(kind, first).finally(() => goOn(name, kind))
    }
    if (kind.running === 0) kinds.delete(name)
  }

  return <Found>(name: string, search: Search<Found>) =>
    new Promise<Found | null>((resolve, reject) => {
      const kind = kinds.get(name) ?? { running: 0, came: 0, waiting: [] }
      kinds.set(name, kind)
      kind.came += 1
      kind.waiting.push({
        number: kind.came,
        // A search that failed says nothing of the others.
        begin: () =>
          search().then(
            (found) => {
              resolve(found)
              return { found: found !== null }
            },
            (error: unknown) => {
              reject(error)
              return { found: true }
            },
          ),
        endEmpty: () => resolve(null),
      })
      goOn(name, kind)
    })
}
