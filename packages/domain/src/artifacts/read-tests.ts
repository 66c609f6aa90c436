import { JunitReader } from './formats/junit.ts'
import { readXmlReport } from './read-xml-report.ts'
import { hasFailed, type TestCase, type TestReport } from './test-case.ts'

/** Tests that are listed, of those that failed and of the others. All are counted. */
const MOST_FAILED = 5_000
const MOST_OTHERS = 20_000
/** Characters of the outputs of all tests of a report. */
const MOST_OUTPUT = 4_194_304

/**
 * Reads the tests of a JUnit report as a runner uploads it. What is broken or too large is a note: the tests before it
 * count, and those of the report's other files.
 */
export async function readTests(body: AsyncIterable<Uint8Array>): Promise<TestReport> {
  const tests = new Tests()
  const notes = await readXmlReport(body, () => new JunitReader((test) => tests.add(test)))
  return tests.report(notes)
}

/** Counts tests, and lists those that fit. */
class Tests {
  readonly #failed: TestCase[] = []
  readonly #others: TestCase[] = []
  #counts = { total: 0, failed: 0, skipped: 0, seconds: 0 }
  #output = 0

  add(test: TestCase): void {
    const failed = hasFailed(test)
    this.#counts.total += 1
    this.#counts.seconds += test.seconds ?? 0
    if (failed) this.#counts.failed += 1
    if (test.status === 'skipped') this.#counts.skipped += 1
    if (failed && this.#failed.length < MOST_FAILED) this.#failed.push(this.#withinOutput(test))
    if (!failed && this.#others.length < MOST_OTHERS) this.#others.push(this.#withinOutput(test))
  }

  report(faults: readonly string[]): TestReport {
    const notes = [...faults]
    const cases = [...this.#failed, ...this.#others]
    const left = this.#counts.total - cases.length
    if (left > 0) notes.push(`${left} of the ${this.#counts.total} tests are counted, but not listed.`)
    if (this.#output > MOST_OUTPUT) notes.push('The outputs of some tests are left out: there is too much of it.')
    if (this.#counts.total === 0 && notes.length === 0) notes.push('The report has no tests.')
    return { ...this.#counts, cases, notes }
  }

  #withinOutput(test: TestCase): TestCase {
    this.#output += test.output?.length ?? 0
    return this.#output > MOST_OUTPUT ? { ...test, output: null } : test
  }
}
