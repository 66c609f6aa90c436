import { COVERAGE_REPORTS, readCoverage } from '../artifacts/read-coverage.ts'
import type { Ports } from '../ports.ts'
import { findCoverage } from './find-coverage.ts'

/**
 * Notes the coverage of a finished job, for the job and its pipeline: what its log states, if the job has the keyword
 * `coverage`; otherwise what its coverage report says. Repeating it is harmless.
 *
 * @param log.size - in bytes.
 */
export async function noteCoverage(
  ports: Pick<Ports, 'traces' | 'objects' | 'jobs' | 'pipelines' | 'artifacts' | 'events'>,
  { jobId, size }: { readonly jobId: number; readonly size: number },
): Promise<void> {
  const definition = await ports.jobs.definition(jobId)
  if (!definition || definition === 'newer') return
  const { coverage: pattern, artifacts } = definition
  const report = artifacts?.reports.find(({ type }) => COVERAGE_REPORTS.includes(type))
  let coverage = pattern === null || size === 0 ? null : await findCoverage(ports, { jobId, size, pattern })
  if (coverage === null && report) coverage = await readCoverage(ports, jobId, report.type)
  // Nothing to note; and what was noted before the log was erased stays.
  if (coverage === null) return
  await ports.traces.noteCoverage(jobId, coverage)
  await ports.pipelines.settle(await ports.pipelines.ofJobs([jobId]))
  await ports.events.publish('jobs')
  await ports.events.publish('pipelines')
}
