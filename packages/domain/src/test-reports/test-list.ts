import { hasFailed, type TestCase, type TestCounts, type TestReport } from '../artifacts/test-case.ts'
import type { JobReport } from '../ports.ts'
import { Slices } from '../slices.ts'

/** Most tests, suites, and characters of outputs in one answer, which is checked and written in one piece. */
const MOST_CASES = 6_000
const MOST_SUITES = 1_000
const MOST_OUTPUT = 524_288

/** A suite of one job with those of its tests that are listed; all that the report lists are counted. */
export interface ListedSuite extends TestCounts {
  /** The name of the job when the report does not name the suite. */
  readonly name: string
  readonly jobId: number
  readonly jobName: string
  /** Those that failed come first. */
  readonly cases: readonly Omit<TestCase, 'suite'>[]
}

interface OpenSuite extends ListedSuite {
  total: number
  failed: number
  skipped: number
  seconds: number
  readonly cases: TestCase[]
}

/** Collects the tests of several jobs. When there are too many, those that failed are listed before others. */
export class TestList {
  readonly #suites = new Map<string, OpenSuite>()
  readonly counts = { total: 0, failed: 0, skipped: 0, seconds: 0 }
  /** Tests that did not fail, with their suites, in the order in which they may be listed. */
  readonly #others: [OpenSuite, TestCase][] = []
  #listed = 0
  #output = 0
  isTruncated = false

  async add({ jobId, jobName }: Pick<JobReport, 'jobId' | 'jobName'>, report: TestReport): Promise<void> {
    const slices = new Slices()
    this.counts.total += report.total
    this.counts.failed += report.failed
    this.counts.skipped += report.skipped
    this.counts.seconds += report.seconds
    if (report.cases.length < report.total) this.isTruncated = true
    for (const test of report.cases) {
      if (slices.due) await slices.next()
      const suite = this.#suiteOf(test.suite || jobName, jobId, jobName)
      if (!suite) continue
      suite.total += 1
      suite.seconds += test.seconds ?? 0
      if (test.status === 'skipped') suite.skipped += 1
      if (hasFailed(test)) {
        suite.failed += 1
        this.#list(suite, test)
      } else if (this.#others.length < MOST_CASES) {
        this.#others.push([suite, test])
      } else {
        this.isTruncated = true
      }
    }
  }

  /** Call once, at the end. */
  suites(): ListedSuite[] {
    for (const [suite, test] of this.#others) this.#list(suite, test)
    return [...this.#suites.values()].map(({ cases, ...suite }) => ({
      ...suite,
      cases: cases.map(({ suite: _, ...test }) => test),
    }))
  }

  #suiteOf(name: string, jobId: number, jobName: string): OpenSuite | null {
    const key = `${jobId} ${name}`
    const known = this.#suites.get(key)
    if (known) return known
    if (this.#suites.size === MOST_SUITES) {
      this.isTruncated = true
      return null
    }
    const suite = { name, jobId, jobName, total: 0, failed: 0, skipped: 0, seconds: 0, cases: [] }
    this.#suites.set(key, suite)
    return suite
  }

  #list(suite: OpenSuite, test: TestCase): void {
    if (this.#listed === MOST_CASES) {
      this.isTruncated = true
      return
    }
    this.#listed += 1
    this.#output += test.output?.length ?? 0
    const fits = this.#output <= MOST_OUTPUT
    if (!fits && test.output !== null) this.isTruncated = true
    suite.cases.push(fits ? test : { ...test, output: null })
  }
}
