import { setTimeout as pause } from 'node:timers/promises'
import type { FakeRunner } from './fake-runner.ts'
import { type RunOptions, runJob } from './run-job.ts'
import type { TakenJob } from './taken-job.ts'

export interface ServeOptions extends RunOptions {
  /** Number of jobs at the same time. */
  readonly concurrent?: number
  /** Seconds between two requests when there is nothing to do. */
  readonly checkInterval?: number
  readonly onTaken?: (job: TakenJob) => void
  readonly onOver?: (job: TakenJob) => void
}

/** Takes jobs and runs them until `signal` aborts. Resolves when the last job is over. */
export async function serve(runner: FakeRunner, options: ServeOptions): Promise<void> {
  const { concurrent = 1, checkInterval = 3, signal, onTaken, onOver } = options
  const running = new Set<Promise<void>>()
  while (!signal.aborted) {
    if (running.size >= concurrent) {
      await Promise.race(running)
      continue
    }
    const job = await runner.tryTake(signal).catch(() => null)
    if (job === null) {
      await pause(checkInterval * 1000, undefined, { signal }).catch(() => undefined)
      continue
    }
    onTaken?.(job)
    const done: Promise<void> = runJob(job, options).finally(() => {
      running.delete(done)
      onOver?.(job)
    })
    running.add(done)
  }
  await Promise.allSettled(running)
}
