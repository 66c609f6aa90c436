import type { Ports } from '../ports.ts'
import { COVERAGE_FORMATS, CoverageReader, type LineCoverage } from './formats/coverage-report.ts'
import { readXmlReport } from './read-xml-report.ts'

/** The types of artifacts that tell a coverage. */
export const COVERAGE_REPORTS: readonly string[] = Object.keys(COVERAGE_FORMATS)

/**
 * Returns the share of lines that a job's coverage report says are covered, in percent: of several files all lines
 * together, or the mean where they do not say how many lines there are. Null when there is no such report, or it says
 * nothing that can be read.
 */
export async function readCoverage(
  { artifacts, objects }: Pick<Ports, 'artifacts' | 'objects'>,
  jobId: number,
  type: string,
): Promise<number | null> {
  const find = COVERAGE_FORMATS[type]
  const artifact = find ? await artifacts.find(jobId, type) : null
  const body = artifact && (await objects.get(artifact.key))
  if (!find || !body) return null
  const files: LineCoverage[] = []
  await readXmlReport(body, () => new CoverageReader(find, (coverage) => files.push(coverage)))
  const weights = files.map(({ lines }) => (files.every((file) => file.lines) ? (lines ?? 1) : 1))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const covered = files.reduce((sum, { rate }, at) => sum + rate * (weights[at] ?? 1), 0)
  return all === 0 ? null : (covered / all) * 100
}
