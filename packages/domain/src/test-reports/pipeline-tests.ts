import { err, ok, type Result } from '@yardmaster/common'
import { hasExpired } from '../artifacts/open-artifact.ts'
import { openTests } from '../artifacts/open-tests.ts'
import { hasFailed, type TestCase, type TestCounts, type TestReport } from '../artifacts/test-case.ts'
import type { PipelineNotFound } from '../errors.ts'
import type { JobReport, Ports } from '../ports.ts'
import { type ListedSuite, TestList } from './test-list.ts'

/** Names a test in an answer. */
interface TestName extends Pick<TestCase, 'suite' | 'name' | 'classname'> {
  readonly jobId: number
}

interface TestNote {
  readonly jobId: number
  /** A sentence. */
  readonly message: string
}

/** What the JUnit reports of a pipeline's jobs say together. */
export interface PipelineTests extends TestCounts {
  readonly suites: readonly ListedSuite[]
  /** Tests that failed in an earlier attempt of their job, and succeeded in its newest. */
  readonly flaky: readonly TestName[]
  /** Tests that failed and had not failed in the pipeline of `comparedWith`. */
  readonly newlyFailed: readonly TestName[]
  /** The previous pipeline of the ref that has test reports; null when there is none. */
  readonly comparedWith: number | null
  readonly notes: readonly TestNote[]
  /** Whether there are more tests, suites or outputs than are listed. All tests are counted. */
  readonly truncated: boolean
}

const REPORT = 'junit'
/** Names in each of the two lists. */
const MOST_NAMES = 1_000
const MOST_NOTES = 100

type TestPorts = Pick<Ports, 'pipelines' | 'artifacts' | 'objects' | 'clock'>

/**
 * Returns the tests of a pipeline: those of the newest attempts of its jobs.
 *
 * @returns `pipeline_not_found` when there is no such pipeline or it was removed.
 * @see `docs/pipelines.md#tests`
 */
export async function pipelineTests(ports: TestPorts, id: number): Promise<Result<PipelineTests, PipelineNotFound>> {
  if (!(await ports.pipelines.find(id))) return err({ kind: 'pipeline_not_found', id })
  const reports = await ports.artifacts.reports(id, REPORT)
  const earlier = await failures(
    ports,
    reports.filter(({ isLatest }) => !isLatest),
  )
  const latest = reports.filter(({ isLatest }) => isLatest)
  const comparedWith = latest.length === 0 ? null : await ports.pipelines.previousWithReport(id, REPORT)
  const before = comparedWith === null ? null : await failures(ports, await latestReports(ports, comparedWith))

  const list = new TestList()
  const flaky: TestName[] = []
  const newlyFailed: TestName[] = []
  const notes: TestNote[] = []
  for (const job of latest) {
    const report = await open(ports, job)
    if (!report) notes.push({ jobId: job.jobId, message: 'The report has expired or was deleted.' })
    for (const message of report?.notes ?? []) notes.push({ jobId: job.jobId, message })
    if (report) await list.add(job, report)
    for (const test of report?.cases ?? []) {
      const key = keyOf(job, test)
      const name = { jobId: job.jobId, suite: test.suite || job.jobName, name: test.name, classname: test.classname }
      if (test.flaky || (test.status === 'success' && earlier.has(key))) flaky.push(name)
      if (before && hasFailed(test) && !before.has(key)) newlyFailed.push(name)
    }
  }
  return ok({
    ...list.counts,
    suites: list.suites(),
    flaky: flaky.slice(0, MOST_NAMES),
    newlyFailed: newlyFailed.slice(0, MOST_NAMES),
    comparedWith,
    notes: notes.slice(0, MOST_NOTES),
    truncated: list.isTruncated || Math.max(flaky.length, newlyFailed.length) > MOST_NAMES || notes.length > MOST_NOTES,
  })
}

const latestReports = async ({ artifacts }: TestPorts, id: number): Promise<JobReport[]> =>
  (await artifacts.reports(id, REPORT)).filter(({ isLatest }) => isLatest)

const open = async (ports: TestPorts, { artifact }: JobReport): Promise<TestReport | null> =>
  hasExpired(artifact, ports.clock.now()) ? null : await openTests(ports, artifact)

/** Returns the tests that failed in any of these reports. */
async function failures(ports: TestPorts, reports: readonly JobReport[]): Promise<ReadonlySet<string>> {
  const failed = new Set<string>()
  for (const report of reports) {
    const tests = await open(ports, report)
    for (const test of tests?.cases ?? []) if (hasFailed(test)) failed.add(keyOf(report, test))
  }
  return failed
}

/** The same test in several pipelines, and in several attempts of a job, has the same key. */
const keyOf = ({ jobName }: Pick<JobReport, 'jobName'>, { suite, classname, name }: TestCase): string =>
  [jobName, suite, classname ?? '', name].join('\0')
