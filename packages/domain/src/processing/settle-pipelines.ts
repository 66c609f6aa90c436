import { setTimeout as pause } from 'node:timers/promises'
import type { Background } from '../background.ts'
import type { ClaimOutcome, JobStore, Ports } from '../ports.ts'

/** Jobs whose pipelines are written together. */
const AT_ONCE = 500
/**
 * Milliseconds from one writing to the next. When jobs begin one after the other, what follows from each would cost more
 * than the claims, and slow them.
 */
const REST_MS = 50

/**
 * Returns the store of jobs, so that each change of a job's status is soon written to its pipeline as well. Callers do
 * not wait for that: a claim stays as quick as it is. The first change is written at once, and those that follow within
 * a moment are written together. The sweep writes what a crash left undone.
 */
export function settlePipelines(
  store: JobStore,
  ports: Pick<Ports, 'pipelines' | 'events'> & { readonly background: Background },
): JobStore {
  const changed = new Set<number>()
  let isRunning = false
  /** When the next writing may begin. */
  let rested = Number.NEGATIVE_INFINITY

  async function settle(): Promise<void> {
    try {
      while (changed.size > 0) {
        const resting = rested - performance.now()
        if (resting > 0) await pause(resting)
        const ids = [...changed].slice(0, AT_ONCE)
        for (const id of ids) changed.delete(id)
        try {
          await ports.pipelines.settle(await ports.pipelines.ofJobs(ids))
        } catch (error) {
          // They are written with the next change.
          for (const id of ids) changed.add(id)
          throw error
        } finally {
          rested = performance.now() + REST_MS
        }
        // Even when no row changed: the stages of a pipeline, which are read from its jobs, did.
        await ports.events.publish('pipelines')
      }
    } finally {
      isRunning = false
    }
  }

  function note(id: number): void {
    changed.add(id)
    if (isRunning) return
    isRunning = true
    ports.background.run('settle pipelines', settle)
  }

  /** Notes the job when something became of the call. */
  const noting = <Args extends readonly [id: number, ...unknown[]], Answer>(
    change: (...args: Args) => Promise<Answer>,
  ): ((...args: Args) => Promise<Answer>) => {
    return async (...args) => {
      const answer = await change(...args)
      if (answer !== null && answer !== false) note(args[0])
      return answer
    }
  }

  return {
    ...store,
    async create(pipeline) {
      const ids = await store.create(pipeline)
      if (ids[0] !== undefined) note(ids[0])
      return ids
    },
    async claim(claim) {
      const outcome = await store.claim(claim)
      const id = claimed(outcome)
      if (id !== null) note(id)
      return outcome
    },
    async putBack(claimed) {
      const isBack = await store.putBack(claimed)
      if (isBack) note(claimed.id)
      return isBack
    },
    async leaveToNewer(left) {
      const isLeft = await store.leaveToNewer(left)
      if (isLeft) note(left.id)
      return isLeft
    },
    finish: noting(store.finish),
    cancelWaiting: noting(store.cancelWaiting),
    dropWaiting: noting(store.dropWaiting),
    beginCanceling: noting(store.beginCanceling),
    enqueue: noting(store.enqueue),
    play: noting(store.play),
    setCreated: noting(store.setCreated),
    retry: noting(store.retry),
    decideNoRetry: noting(store.decideNoRetry),
    startTrigger: noting(store.startTrigger),
    failTrigger: noting(store.failTrigger),
    async followChildren(limit) {
      const moved = await store.followChildren(limit)
      for (const { id } of moved) note(id)
      return moved
    },
  }
}

function claimed(outcome: ClaimOutcome): number | null {
  if (outcome.kind === 'taken') return outcome.taken.job.id
  return outcome.kind === 'rejected' ? outcome.jobId : null
}
