import { COMPOSITE_LINES } from '@yardmaster/domain/processing'
import { IS } from './job-statuses.ts'

const array = (words: readonly string[]): string => `array[${words.map((word) => `'${word}'`).join(', ')}]`

/** Returns what a job counts as, together with others: see `docs/pipelines.md 3`. */
export const countsAs = (job: string): string => `
  case when ${job}.status = 'failed' and not ${job}.retry_decided then 'pending'
       when ${job}.allow_failure and ${job}.status in ${IS.unsuccessful} then 'warning'
       when ${job}.allow_failure and ${job}.status = 'manual' then 'ignored'
       else ${job}.status end`

/** Returns the combined status of a set of what jobs count as; null for an empty one. */
export const compositeStatus = (set: string): string => `
  case when cardinality(${set}) = 0 then null
  ${COMPOSITE_LINES.only.map(([words, status]) => `when ${set} <@ ${array(words)} then '${status}'`).join('\n  ')}
  ${COMPOSITE_LINES.any.map(([words, status]) => `when ${set} && ${array(words)} then '${status}'`).join('\n  ')}
  else '${COMPOSITE_LINES.otherwise}' end`

/** Returns whether a job of a pipeline failed or was canceled that may fail. */
export const hasAllowedFailures = (pipelineId: string): string => `
  exists (select 1 from jobs forgiven
           where forgiven.pipeline_id = ${pipelineId} and forgiven.retried_by is null and ${countsAs('forgiven')} = 'warning')`
