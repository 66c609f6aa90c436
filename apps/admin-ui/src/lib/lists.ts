import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { inferOutput } from '@trpc/tanstack-react-query'
import { client, trpc } from './api.ts'

type Page = inferOutput<typeof trpc.projects.list>

const MOST = 100

/** Returns the paths of these projects by id; removed projects are missing. */
export function useProjectPaths(ids: readonly number[]): ReadonlyMap<number, string> {
  const wanted = [...new Set(ids)].sort((a, b) => a - b).slice(0, MOST)
  const { data } = useQuery({
    queryKey: [...trpc.projects.list.queryKey({ ids: wanted }), 'paths'],
    queryFn: () => pathsOf(wanted),
    staleTime: 60_000,
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
  })
  return new Map(data)
}

/** Reads page by page: projects with long variables arrive a few at a time. */
async function pathsOf(ids: readonly number[]): Promise<[id: number, path: string][]> {
  const paths: [number, string][] = []
  let cursor: string | null = null
  do {
    const page: Page = await client.projects.list.query({ ids: [...ids], limit: MOST, cursor })
    paths.push(...page.items.map(({ id, path }): [number, string] => [id, path]))
    cursor = page.nextCursor
  } while (cursor !== null)
  return paths
}

export const runnerName = (runner: { id: number; description: string | null }): string =>
  runner.description?.trim() || `Runner ${runner.id}`
