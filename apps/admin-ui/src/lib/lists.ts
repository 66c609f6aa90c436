import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { client, trpc } from '../api.ts'

const MOST = 100

/** The paths of these projects, by id; those that are gone have none. */
export function useProjectPaths(ids: readonly number[]): ReadonlyMap<number, string> {
  const wanted = [...new Set(ids)].sort((a, b) => a - b).slice(0, MOST)
  const { data } = useQuery(
    trpc.projects.list.queryOptions(
      { ids: wanted, limit: MOST },
      { staleTime: 60_000, enabled: wanted.length > 0, placeholderData: keepPreviousData },
    ),
  )
  return new Map(data?.items.map(({ id, path }) => [id, path]))
}

export const runnerName = (runner: { id: number; description: string | null }): string =>
  runner.description?.trim() || `Runner ${runner.id}`

export interface Stored {
  readonly id: number
  readonly path: string
  readonly artifactBytes: number
}

const MOST_PAGES = 20

/** What each project stores now; of the newest two thousand. */
export const useStored = () =>
  useQuery({
    queryKey: [...trpc.projects.pathKey(), 'stored'],
    queryFn: async ({ signal }) => {
      const stored: Stored[] = []
      let cursor: string | null = null
      for (let page = 0; page < MOST_PAGES && (page === 0 || cursor !== null); page++) {
        const next: Awaited<ReturnType<typeof client.projects.list.query>> = await client.projects.list.query(
          { limit: MOST, cursor },
          { signal },
        )
        stored.push(...next.items.map(({ id, path, usage }) => ({ id, path, artifactBytes: usage.artifactBytes })))
        cursor = next.nextCursor
      }
      return stored
    },
    staleTime: 60_000,
  }).data
