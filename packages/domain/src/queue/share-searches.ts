import type { Runner } from '../runners/runner.ts'

/** A search for work; null when there was nothing at all for the runner. */
type Search<Found> = () => Promise<Found | null>

/** Runs searches of one kind a few at a time, in the order they came. */
export type SharedSearches = <Found>(kind: string, search: Search<Found>) => Promise<Found | null>

/**
 * Returns a key of what decides whether there is work for a runner: searches with the same key find nothing together.
 */
export function kindOfSearch(
  { id, groupId, runnerType, tagList, runUntagged, accessLevel }: Runner,
  jobAge: number | null,
): string {
  const scope = { instance_type: null, group_type: groupId, project_type: id }[runnerType]
  return JSON.stringify([runnerType, scope, tagList.toSorted(), runUntagged, accessLevel, jobAge])
}

interface Waiting {
  /** The position in the order of arrival. */
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
 * When a job comes, thousands of similar runners poll at once, and one gets it. A search that finds nothing therefore
 * answers all searches of its kind that were waiting when it began: each of them would have looked at the same moment
 * or later, and any job that came since has a tick of its own. A search that finds something keeps its result, and the
 * next ones begin.
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
        // A failed search says nothing about the others.
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
