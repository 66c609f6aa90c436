export const TEST_STATUSES = ['success', 'failed', 'error', 'skipped'] as const
export type TestStatus = (typeof TEST_STATUSES)[number]

/** A test as a report tells of it. */
export interface TestCase {
  /** Empty when the report does not name the suite. */
  readonly suite: string
  readonly name: string
  readonly classname: string | null
  /** `failed` when what it checks did not hold, `error` when it could not be carried out. */
  readonly status: TestStatus
  readonly seconds: number | null
  /** What it printed, and why it did not succeed; null for one that did. */
  readonly output: string | null
  /** Whether it succeeded only when it was run again, as the report itself says. */
  readonly flaky: boolean
}

/** How many tests a report has. */
export interface TestCounts {
  readonly total: number
  /** Of both kinds, `failed` and `error`. */
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

/** What a report tells, as far as it was read. */
export interface TestReport extends TestCounts {
  /** Those that failed come first. */
  readonly cases: readonly TestCase[]
  /** Sentences about what could not be read. */
  readonly notes: readonly string[]
}

export const hasFailed = ({ status }: Pick<TestCase, 'status'>): boolean => status === 'failed' || status === 'error'
