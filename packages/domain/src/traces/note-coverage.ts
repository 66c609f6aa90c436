import type { Ports } from '../ports.ts'
import { findCoverage } from './find-coverage.ts'

/**
 * Notes the coverage that the log of a finished job states, for the job and its pipeline, if the job has the keyword
 * `coverage`. Repeating it is harmless.
 *
 * @param log.size - in bytes.
 */
export async function noteCoverage(
  ports: Pick<Ports, 'traces' | 'objects' | 'jobs' | 'pipelines' | 'events'>,
  { jobId, size }: { readonly jobId: number; readonly size: number },
): Promise<void> {
  const definition = size > 0 ? await ports.jobs.definition(jobId) : null
  if (!definition || definition === 'newer' || definition.coverage === null) return
  const coverage = await findCoverage(ports, { jobId, size, pattern: definition.coverage })
  await ports.traces.noteCoverage(jobId, coverage)
  await ports.pipelines.settle(await ports.pipelines.ofJobs([jobId]))
  await ports.events.publish('jobs')
  await ports.events.publish('pipelines')
}
