import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { trpc } from '../api.ts'

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
