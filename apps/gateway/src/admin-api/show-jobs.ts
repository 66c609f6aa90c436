import { hasExpired, type Job, type Ports, type StoredArtifact } from '@yardmaster/domain'
import { artifactView } from './views.ts'

type Looking = Pick<Ports, 'artifacts' | 'clock'>

/** Jobs with their artifacts, which are one statement for all of them (`interfaces.md` 5). */
export async function showJobs(ports: Looking, jobs: readonly Job[]) {
  const artifacts = await ports.artifacts.listOf(jobs.map(({ id }) => id))
  return jobs.map((job) => ({ ...job, artifacts: showArtifacts(ports, artifacts.get(job.id) ?? []) }))
}

export async function showJob(ports: Looking, job: Job) {
  return { ...job, artifacts: showArtifacts(ports, await ports.artifacts.list(job.id)) }
}

/** What has expired is gone for people, though a runner gets it until it is deleted (`artifacts.md` 8.2). */
export function showArtifacts({ clock }: Pick<Ports, 'clock'>, artifacts: readonly StoredArtifact[]) {
  const now = clock.now()
  return artifacts.filter((artifact) => !hasExpired(artifact, now)).map(artifactView)
}
