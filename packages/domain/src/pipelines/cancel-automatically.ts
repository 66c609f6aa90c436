import { type CancelPorts, cancelJobs } from './cancel-jobs.ts'

/**
 * Cancels jobs of older pipelines whose ref has a new commit, as far as the project and their configurations allow it.
 *
 * @see `docs/pipelines.md 6`
 */
export async function cancelRedundant(ports: CancelPorts, newerPipelineId: number): Promise<void> {
  await cancelJobs(ports, await ports.pipelines.redundantJobs(newerPipelineId))
}

const AT_ONCE = 20

/**
 * Cancels what is left of pipelines in which a job failed for good, where `workflow:auto_cancel:on_job_failure` says so.
 * Call it whenever a pipeline has changed.
 *
 * @see `docs/pipelines.md 6`
 */
export async function cancelAfterFailures(ports: CancelPorts): Promise<void> {
  for (;;) {
    const found = await ports.pipelines.toStop(AT_ONCE)
    for (const { id, asOf, jobs } of found) {
      // What fails is tried again: only then is it noted, so that a job that is retried later is not canceled again.
      if (!(await cancelJobs(ports, jobs))) return
      await ports.pipelines.noteStopped(id, asOf)
    }
    if (found.length < AT_ONCE) return
  }
}
