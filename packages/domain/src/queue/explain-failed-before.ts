import type { JobDefinition } from '@yardmaster/ci-config'
import type { UnsuccessfulBefore } from '../ports.ts'
import { fires, outcomeBefore } from '../processing/composite-status.ts'
import type { SkipExplanation } from './explain-skip.ts'

/**
 * Explains to a person that a job that is not queued yet will be skipped, as long as jobs before it are not retried;
 * null while none of them decides that. What becomes of a job that runs after failures, or always, depends on all jobs
 * before it together.
 *
 * @see `docs/pipelines.md 2, step 3`
 */
export function explainFailedBefore(
  when: JobDefinition['when'],
  { byStage, jobs }: { readonly byStage: boolean; readonly jobs: readonly UnsuccessfulBefore[] },
): SkipExplanation | null {
  if (when === 'on_failure' || when === 'always') return null
  const causes = jobs.filter((job) => {
    const outcome = outcomeBefore({ byStage }, [job])
    return outcome !== null && !fires(when, { byStage }, outcome)
  })
  if (causes.length === 0) return null
  return {
    detail:
      causes.length === 1
        ? 'A job before it has not succeeded. Unless that one is retried, this one will be skipped:'
        : 'Jobs before it have not succeeded. Unless they are retried, this one will be skipped:',
    jobs: causes.map(({ id, name, status, pipelineId }) => ({ id, name, status, pipelineId })),
  }
}
