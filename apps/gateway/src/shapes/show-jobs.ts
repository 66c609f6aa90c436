import type { Services } from '@yardmaster/domain'
import type { Job } from '@yardmaster/domain/jobs'
import { showJobWith } from './job.ts'

type Looking = Pick<Services, 'artifacts' | 'runners' | 'clock'>

/** Shows jobs with their artifacts and their runners' descriptions, reading each with one statement for all jobs. */
export async function showJobs(services: Looking, jobs: readonly Job[]) {
  const runnerIds = new Set(jobs.flatMap(({ runnerId }) => runnerId ?? []))
  const [artifacts, descriptions] = await Promise.all([
    services.artifacts.listOf(jobs.map(({ id }) => id)),
    services.runners.descriptions([...runnerIds]),
  ])
  return jobs.map((job) =>
    showJobWith(services, job, {
      runnerDescription: job.runnerId === null ? null : (descriptions.get(job.runnerId) ?? null),
      artifacts: artifacts.get(job.id) ?? [],
    }),
  )
}

export async function showJob(services: Looking, job: Job) {
  const [shown] = await showJobs(services, [job])
  if (!shown) throw new Error(`job ${job.id} was not shown`)
  return shown
}
