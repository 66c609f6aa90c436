import { TEST_STATUSES } from '@yardmaster/domain/artifacts'
import type { PipelineTests } from '@yardmaster/domain/test-reports'
import { z } from 'zod'
import { Count, IdOrNull, IdShape, list, TextOrNull } from './values.ts'
import { visible } from './visible.ts'

const counts = {
  total: Count,
  failed: Count.describe('With the statuses `failed` and `error`.'),
  skipped: Count,
  seconds: z.number().describe('The sum of the times of the tests.'),
}

const TestCaseShape = z
  .strictObject({
    name: z.string(),
    classname: TextOrNull,
    status: z
      .enum(TEST_STATUSES)
      .describe('`failed` when what it checks did not hold, `error` when it could not be carried out.'),
    seconds: z.number().nullable(),
    output: TextOrNull.describe('Why it did not succeed, and what it printed; null for one that succeeded.'),
    flaky: z.boolean().describe('Whether the report itself says that it succeeded only when it was run again.'),
  })
  .meta({ id: 'TestCase' })

const TestNameShape = z
  .strictObject({
    jobId: IdShape,
    suite: z.string(),
    name: z.string(),
    classname: TextOrNull,
  })
  .meta({ id: 'TestName' })

/** What the test reports of a pipeline's jobs say together. */
export const PipelineTestsShape = z
  .strictObject({
    ...counts,
    suites: list(
      z.strictObject({
        name: z.string().describe('The name of the job when the report does not name the suite.'),
        jobId: IdShape,
        jobName: z.string(),
        ...counts,
        cases: list(TestCaseShape).describe('Those that failed come first.'),
      }),
    ),
    flaky: list(TestNameShape).describe(
      'Tests that failed in an earlier attempt of their job and succeeded in its newest, or of which the report says so.',
    ),
    newlyFailed: list(TestNameShape).describe('Tests that failed, but not in the pipeline `comparedWith`.'),
    comparedWith: IdOrNull.describe('The previous pipeline of the ref that has test reports.'),
    notes: list(z.strictObject({ jobId: IdShape, message: z.string() })).describe(
      'Sentences about reports that are broken, too large or expired.',
    ),
    truncated: z.boolean().describe('Whether more tests or outputs exist than are listed. All tests are counted.'),
  })
  .meta({ id: 'PipelineTests' })

export const showPipelineTests = (tests: PipelineTests): z.input<typeof PipelineTestsShape> => ({
  total: tests.total,
  failed: tests.failed,
  skipped: tests.skipped,
  seconds: tests.seconds,
  suites: tests.suites.map(({ name, jobId, jobName, total, failed, skipped, seconds, cases }) => ({
    ...{ name: visible(name), jobId, jobName: visible(jobName), total, failed, skipped, seconds },
    cases: cases.map((test) => ({
      name: visible(test.name),
      classname: visible(test.classname),
      status: test.status,
      seconds: test.seconds,
      output: visible(test.output),
      flaky: test.flaky,
    })),
  })),
  flaky: tests.flaky.map(showName),
  newlyFailed: tests.newlyFailed.map(showName),
  comparedWith: tests.comparedWith,
  notes: tests.notes.map(({ jobId, message }) => ({ jobId, message: visible(message) })),
  truncated: tests.truncated,
})

const showName = ({ jobId, suite, name, classname }: PipelineTests['flaky'][number]) => ({
  ...{ jobId, suite: visible(suite), name: visible(name), classname: visible(classname) },
})
