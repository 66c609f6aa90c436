import type { PipelineTests } from './api.ts'

/** What the list of a pipeline's tests shows. */
export const TEST_VIEWS = ['failed', 'new', 'flaky', 'slowest', 'all'] as const
export type TestView = (typeof TEST_VIEWS)[number]

export const TEST_VIEW_WORDS: Readonly<Record<TestView, string>> = {
  failed: 'Failed',
  new: 'Newly failed',
  flaky: 'Flaky',
  slowest: 'Slowest',
  all: 'All',
}

type Suite = PipelineTests['suites'][number]

/** A test with its place. */
export interface ListedTest extends Readonly<Suite['cases'][number]> {
  /** Differs from that of any other test in the list. */
  readonly key: string
  readonly suite: string
  readonly jobId: number
  readonly jobName: string
}

const MOST_SLOWEST = 50

/** Returns the tests of each view. */
export function viewsOf(tests: PipelineTests): Readonly<Record<TestView, readonly ListedTest[]>> {
  const all = tests.suites.flatMap(({ cases, name: suite, jobId, jobName }) =>
    cases.map((test, index) => ({ ...test, suite, jobId, jobName, key: `${jobId} ${suite} ${index}` })),
  )
  const failed = all.filter(({ status }) => status === 'failed' || status === 'error')
  const newlyFailed = new Set(tests.newlyFailed.map(nameOf))
  const flaky = new Set(tests.flaky.map(nameOf))
  return {
    all,
    failed,
    new: failed.filter((test) => newlyFailed.has(nameOf(test))),
    flaky: all.filter((test) => test.status === 'success' && flaky.has(nameOf(test))),
    slowest: all
      .filter(({ seconds }) => seconds !== null && seconds > 0)
      .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))
      .slice(0, MOST_SLOWEST),
  }
}

const nameOf = ({ jobId, suite, classname, name }: PipelineTests['flaky'][number]): string =>
  JSON.stringify([jobId, suite, classname, name])

/** Returns the view to begin with: what went wrong, if anything did. */
export const firstView = (views: ReturnType<typeof viewsOf>): TestView =>
  TEST_VIEWS.find((view) => view !== 'new' && view !== 'slowest' && views[view].length > 0) ?? 'all'
