import { hasExpired, type Job, type Services, type StoredArtifact } from '@yardmaster/domain'
import { artifactView } from './views.ts'
import { visible } from './visible.ts'

type Looking = Pick<Services, 'artifacts' | 'runners' | 'clock'>

/**
 * Jobs with their artifacts and what people call their runners: one statement each for all of them.
 */
export async function showJobs(services: Looking, jobs: readonly Job[]) {
  const runnerIds = new Set(jobs.flatMap(({ runnerId }) => runnerId ?? []))
  const [artifacts, descriptions] = await Promise.all([
    services.artifacts.listOf(jobs.map(({ id }) => id)),
    services.runners.descriptions([...runnerIds]),
  ])
  return jobs.map((job) => ({
    ...job,
    runnerDescription: job.runnerId === null ? null : visible(descriptions.get(job.runnerId) ?? null),
    artifacts: showArtifacts(services, artifacts.get(job.id) ?? []),
  }))
}

export async function showJob(services: Looking, job: Job) {
  const [shown] = await showJobs(services, [job])
  if (!shown) throw new Error(`job ${job.id} was not shown`)
  return shown
}

/**
 * What has expired is gone for people, though a runner gets it until it is deleted (`docs/protocol/artifacts.md 8.2`).
 */
export function showArtifacts({ clock }: Pick<Services, 'clock'>, artifacts: readonly StoredArtifact[]) {
  const now = clock.now()
  return artifacts.filter((artifact) => !hasExpired(artifact, now)).map(artifactView)
}
