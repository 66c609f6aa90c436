import { useQuery } from '@tanstack/react-query'
import { trpc } from '../api.ts'

/** The newest hundred, for choosing one; what is older is found by its number. */
const MOST = 100

export const useProjects = () =>
  useQuery(trpc.projects.list.queryOptions({ limit: MOST }, { staleTime: 60_000 })).data?.items

export const useRunners = () =>
  useQuery(trpc.runners.list.queryOptions({ limit: MOST }, { staleTime: 30_000 })).data?.items

export const runnerName = (runner: { id: number; description: string | null }): string =>
  runner.description?.trim() || `Runner ${runner.id}`
