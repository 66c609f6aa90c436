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
    const jobs = await ports.pipelines.jobsToStop(AT_ONCE)
    if (jobs.length === 0) return
    await cancelJobs(ports, jobs)
  }
}
