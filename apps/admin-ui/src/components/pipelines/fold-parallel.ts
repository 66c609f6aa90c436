import type { JobInPipeline } from '../../lib/api.ts'
import type { JobStatus } from '../../lib/words.ts'

/** One job, or the parallel jobs that one job of the configuration became. */
export interface Fold {
  readonly key: string
  readonly name: string
  readonly jobs: readonly JobInPipeline[]
}

/** The end of a parallel job's name: ` 2/5`, or the values of a matrix such as `: [linux, amd64]`. */
const INSTANCE = /(?: \d+\/\d+|: \[.*\])$/s

/** Returns the jobs in their order, with parallel jobs of one name together. */
export function foldParallel(jobs: readonly JobInPipeline[]): Fold[] {
  const folds = Map.groupBy(jobs, (job) => {
    const base = job.parallel === null ? job.name : baseName(job.name)
    return `${job.stageIndex}/${base === job.name ? 'job' : 'parallel'}/${base}`
  })
  return [...folds].flatMap(([key, members]): Fold[] => {
    const [first] = members
    if (first === undefined) return []
    if (members.length === 1) return [{ key: first.name, name: first.name, jobs: members }]
    return [{ key, name: baseName(first.name), jobs: members }]
  })
}

const baseName = (name: string): string => name.replace(INSTANCE, '')

/** From the most to the least important: of the jobs of a group, the first one found is shown for all. */
const PRECEDENCE: readonly JobStatus[] = [
  ...(['failed', 'running', 'canceling', 'pending', 'preparing', 'waiting_for_resource'] as const),
  ...(['scheduled', 'manual', 'created', 'canceled', 'skipped', 'success'] as const),
]

/** The status that stands for several parallel jobs: failures first, then what is under way. */
export function statusOfFold({ jobs }: Pick<Fold, 'jobs'>): { status: JobStatus; warns: boolean } {
  const counts = (status: JobStatus) =>
    jobs.some((job) => job.status === status && !(status === 'failed' && job.allowFailure))
  const warns = jobs.some((job) => job.status === 'failed' && job.allowFailure)
  const status = PRECEDENCE.find(counts) ?? 'failed'
  return { status, warns: warns && (status === 'success' || status === 'failed') && !counts('failed') }
}
