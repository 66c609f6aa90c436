import type { Lint } from '@yardmaster/domain/pipelines'
import { z } from 'zod'
import { KindShape } from './job.ts'
import { Count, CountOrNull, list, TextOrNull } from './values.ts'
import { visible } from './visible.ts'

/** What is wrong in a configuration, or worth knowing. */
export const ConfigFaultShape = z
  .strictObject({
    message: z.string(),
    path: list(z.string()).describe('Keys from the root to the value.'),
    file: TextOrNull.describe('Null for the given text.'),
    line: CountOrNull.describe('From 1.'),
    column: CountOrNull.describe('From 1.'),
    hint: TextOrNull.describe('What to do about it, as a sentence.'),
  })
  .meta({ id: 'ConfigFault' })

const RuleVerdictShape = z
  .strictObject({
    number: Count.describe('From 1, in the order in which rules are tried.'),
    file: TextOrNull.describe('Where it is written; null for the given text.'),
    line: CountOrNull.describe('From 1.'),
    matched: z.boolean().nullable().describe('Null when an earlier rule decided.'),
    reason: z.string().describe('Why, as a sentence.'),
  })
  .meta({ id: 'RuleVerdict' })

const JobVerdictShape = z
  .strictObject({
    name: z.string(),
    stage: z.string(),
    kind: KindShape,
    included: z.boolean().describe('Whether the pipeline has the job.'),
    when: TextOrNull.describe('When it starts; null for a job that is left out.'),
    allowFailure: z.boolean().nullable(),
    needs: list(z.string()).nullable().describe('Jobs that it waits for; null when it waits for earlier stages.'),
    reason: z.string().describe('Why the pipeline has the job, or does not.'),
    rules: list(RuleVerdictShape),
  })
  .meta({ id: 'JobVerdict' })

/** What a configuration would make of a pipeline. */
export const LintShape = z
  .strictObject({
    valid: z.boolean().describe('Whether a pipeline would be created.'),
    errors: list(ConfigFaultShape),
    warnings: list(ConfigFaultShape),
    merged: TextOrNull.describe(
      'The configuration as YAML, with everything put in that it includes or extends; null when it does not compile.',
    ),
    stages: list(z.string()).describe('Stages that have jobs, in their order.'),
    workflowRules: list(RuleVerdictShape),
    jobs: list(JobVerdictShape).describe(
      'All jobs of the configuration; empty when it does not compile, or its workflow refuses the pipeline.',
    ),
  })
  .meta({ id: 'Lint' })

export const showLint = ({
  valid,
  errors,
  warnings,
  merged,
  stages,
  workflowRules,
  jobs,
}: Lint): z.input<typeof LintShape> => ({
  valid,
  errors: errors.map(showFault),
  warnings: warnings.map(showFault),
  merged,
  stages: visible(stages),
  workflowRules: workflowRules.map(showRule),
  jobs: jobs.map((job) => ({
    name: visible(job.name),
    stage: visible(job.stage),
    kind: job.kind,
    included: job.included,
    when: job.when,
    allowFailure: job.allowFailure,
    needs: visible(job.needs),
    reason: visible(job.reason),
    rules: job.rules.map(showRule),
  })),
})

const showRule = (rule: Lint['workflowRules'][number]): z.input<typeof RuleVerdictShape> => ({
  number: rule.number,
  file: visible(rule.file),
  line: rule.line,
  matched: rule.matched,
  reason: visible(rule.reason),
})

/** Returns a fault of a configuration as the admin API shows it. */
const showFault = (fault: Lint['errors'][number]): z.input<typeof ConfigFaultShape> => ({
  message: visible(fault.message),
  path: visible(fault.path),
  file: visible(fault.file),
  line: fault.line,
  column: fault.column,
  hint: visible(fault.hint),
})
