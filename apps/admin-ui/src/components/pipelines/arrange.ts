import type { JobInPipeline } from '../../lib/api.ts'
import type { Arrangement } from '../../lib/words.ts'
import { type Fold, foldParallel } from './fold-parallel.ts'

export interface Column {
  readonly name: string
  readonly folds: readonly Fold[]
}

/**
 * Returns the jobs of a pipeline in columns: one per stage, or one per step of its needs. A job without `needs` comes
 * after the jobs of all earlier stages.
 */
export function arrange(jobs: readonly JobInPipeline[], by: Arrangement): Column[] {
  const folds = foldParallel(jobs)
  if (by === 'stage') {
    const stages = Map.groupBy(folds, ({ jobs: [first] }) => first?.stageIndex ?? 0)
    return [...stages]
      .sort(([one], [other]) => one - other)
      .map(([, members]) => ({ name: members[0]?.jobs[0]?.stage ?? '', folds: members }))
  }
  const step = stepsOf(jobs)
  const steps = Map.groupBy(folds, (fold) => Math.max(...fold.jobs.map((job) => step(job))))
  return [...steps]
    .sort(([one], [other]) => one - other)
    .map(([, members], index) => ({ name: `Step ${index + 1}`, folds: members }))
}

/** Returns how many jobs have to run one after the other before a job. */
function stepsOf(jobs: readonly JobInPipeline[]): (job: JobInPipeline) => number {
  const named = new Map(jobs.map((job) => [job.name, job]))
  const stages = Map.groupBy(jobs, ({ stageIndex }) => stageIndex)
  const known = new Map<JobInPipeline, number>()
  const lastOfStage = new Map<number, number>()

  function before(job: JobInPipeline): number {
    if (job.needs !== null) {
      return Math.max(-1, ...job.needs.map((name) => named.get(name)).map((need) => (need ? step(need) : -1)))
    }
    const earlier = [...stages.keys()].filter((index) => index < job.stageIndex)
    return Math.max(-1, ...earlier.map(lastStep))
  }

  function lastStep(stage: number): number {
    const found = lastOfStage.get(stage) ?? Math.max(...(stages.get(stage) ?? []).map(step))
    lastOfStage.set(stage, found)
    return found
  }

  function step(job: JobInPipeline): number {
    const found = known.get(job)
    if (found !== undefined) return found
    // For a circle, which no valid pipeline has.
    known.set(job, 0)
    const own = before(job) + 1
    known.set(job, own)
    return own
  }

  return step
}
