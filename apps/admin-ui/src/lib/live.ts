import { useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react'
import { leaveIfSignedOut, trpc } from './api.ts'
import { useVisible } from './visibility.ts'

/** During a burst of changes, the page is refreshed this often. */
const REFRESH_MS = 1000
/** Pause before a new connection when the old one was closed for good: by a server that stops, or by a proxy. */
const AGAIN_MS = 1000

/** Runs `work` now, and again after a pause if it was requested meanwhile. */
function useThrottled(work: () => void): () => void {
  const latest = useRef(work)
  latest.current = work
  const state = useRef<{ timer: number | undefined; again: boolean }>({ timer: undefined, again: false })
  useEffect(
    () => () => {
      window.clearTimeout(state.current.timer)
      // React may reuse the state of a hidden view when it is shown again.
      state.current = { timer: undefined, again: false }
    },
    [],
  )
  return useCallback(() => {
    const run = () => {
      latest.current()
      state.current.again = false
      state.current.timer = window.setTimeout(() => {
        state.current.timer = undefined
        if (state.current.again) run()
      }, REFRESH_MS)
    }
    if (state.current.timer === undefined) run()
    else state.current.again = true
  }, [])
}

/** What an event of a topic makes out of date. Each change of a job is one of its pipeline, too. */
const STALE = {
  jobs: [trpc.jobs, trpc.pipelines, trpc.environments, trpc.resourceGroups, trpc.overview],
  pipelines: [trpc.pipelines, trpc.environments, trpc.resourceGroups, trpc.overview],
  runners: [trpc.runners, trpc.overview],
} as const

/** Counts look at more than a page, so they are repeated at their own pace. */
const isNoCount = ({ queryKey: [path] }: { readonly queryKey: readonly unknown[] }): boolean =>
  !(Array.isArray(path) && path[1] === 'count')

/**
 * Keeps everything on screen that shows jobs, pipelines or runners up to date. A hidden tab closes its connection: browsers
 * allow six per server, and a seventh tab would get no answer at all.
 */
export function useLive(topic: keyof typeof STALE): void {
  const queries = useQueryClient()
  const visible = useVisible()
  const refresh = useThrottled(() => {
    for (const stale of STALE[topic]) void queries.invalidateQueries({ ...stale.pathFilter(), predicate: isNoCount })
  })
  const options = {
    enabled: visible,
    // Also on the first event, because earlier changes were not announced.
    onData: refresh,
    onError: leaveIfSignedOut,
  }
  const { status, reset } = useSubscription(
    topic === 'jobs'
      ? trpc.jobs.watch.subscriptionOptions(undefined, options)
      : topic === 'pipelines'
        ? trpc.pipelines.watch.subscriptionOptions(undefined, options)
        : trpc.runners.watch.subscriptionOptions(undefined, options),
  )
  useEffect(() => {
    setBroken(topic, visible && status === 'error')
    if (status !== 'connecting' || !visible) return
    const late = window.setTimeout(() => setBroken(topic, true), 3000)
    return () => window.clearTimeout(late)
  }, [topic, status, visible])
  useEffect(() => {
    if (!visible || (status !== 'idle' && status !== 'error')) return
    const again = window.setTimeout(reset, AGAIN_MS)
    return () => window.clearTimeout(again)
  }, [status, visible, reset])
  useEffect(() => () => setBroken(topic, false), [topic])
}

const broken = new Set<string>()
const listeners = new Set<() => void>()

export function setBroken(name: string, isBroken: boolean): void {
  if (broken.has(name) === isBroken) return
  if (isBroken) broken.add(name)
  else broken.delete(name)
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether the page may be out of date. */
export const useBroken = (): boolean => useSyncExternalStore(subscribe, () => broken.size > 0)
