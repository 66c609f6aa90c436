import type { Lint } from '@yardmaster/domain/pipelines'
import { z } from 'zod'
import { CountOrNull, list, TextOrNull } from './values.ts'
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

const JobVerdictShape = z
  .strictObject({
    name: z.string(),
    stage: z.string(),
    included: z.boolean().describe('Whether the pipeline has the job.'),
    when: TextOrNull.describe('When it starts; null for a job that is left out.'),
    allowFailure: z.boolean().nullable(),
    needs: list(z.string()).nullable().describe('Jobs that it waits for; null when it waits for earlier stages.'),
  })
  .meta({ id: 'JobVerdict' })

/** What a configuration would make of a pipeline. */
export const LintShape = z
  .strictObject({
    valid: z.boolean().describe('Whether a pipeline would be created.'),
    errors: list(ConfigFaultShape),
    warnings: list(ConfigFaultShape),
    jobs: list(JobVerdictShape).describe('All jobs of the configuration; empty when it does not compile.'),
  })
  .meta({ id: 'Lint' })

export const showLint = ({ valid, errors, warnings, jobs }: Lint): z.input<typeof LintShape> => ({
  valid,
  errors: errors.map(showFault),
  warnings: warnings.map(showFault),
  jobs: jobs.map((job) => ({
    name: visible(job.name),
    stage: visible(job.stage),
    included: job.included,
    when: job.when,
    allowFailure: job.allowFailure,
    needs: visible(job.needs),
  })),
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
