import type { JobDefinition } from '@yardmaster/ci-config'
import type { Job } from '../jobs/job.ts'
import type { UnsuccessfulBefore } from '../ports.ts'
import { compositeStatus, fires } from '../processing/composite-status.ts'

export interface SkipExplanation {
  /** A sentence for people. It ends with a colon when jobs follow. */
  readonly detail: string
  /** The jobs because of which it was skipped. */
  readonly jobs: readonly Pick<Job, 'id' | 'name' | 'status' | 'pipelineId'>[]
}

/**
 * Explains to a person why a job was skipped: names the jobs before it after each of which it does not start.
 *
 * @see `docs/pipelines.md 2, step 3`
 */
export function explainSkip(
  when: JobDefinition['when'],
  { byStage, jobs }: { readonly byStage: boolean; readonly jobs: readonly UnsuccessfulBefore[] },
): SkipExplanation {
  const causes = jobs.filter((job) => {
    const outcome = compositeStatus([job], { strict: !byStage })
    return outcome !== null && outcome !== 'success' && !fires(when, { byStage }, outcome)
  })
  return {
    detail: because(when, causes.length > 0),
    jobs: causes.map(({ id, name, status, pipelineId }) => ({ id, name, status, pipelineId })),
  }
}

function because(when: JobDefinition['when'], named: boolean): string {
  if (when === 'on_failure')
    return named
      ? 'It runs when a job before it fails, but not when one was canceled or skipped:'
      : 'It runs when a job before it fails. None did.'
  if (!named) return 'The jobs before it have changed since.'
  return when === 'always'
    ? 'It does not run after a canceled job:'
    : 'It runs when the jobs before it have succeeded. These have not:'
}
