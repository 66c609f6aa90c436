import { useQuery } from '@tanstack/react-query'
import { client, trpc } from '../api.ts'

/** The newest hundred, for choosing one; what is older is found by its number. */
const MOST = 100

export const useProjects = () =>
  useQuery(trpc.projects.list.queryOptions({ limit: MOST }, { staleTime: 60_000 })).data?.items

export const useRunners = () =>
  useQuery(trpc.runners.list.queryOptions({ limit: MOST }, { staleTime: 30_000 })).data?.items

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
