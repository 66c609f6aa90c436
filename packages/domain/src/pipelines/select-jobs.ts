import type { PlannedJob, PlannedPipeline } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ConfigInvalid } from '../errors.ts'

/**
 * Leaves the named jobs in a pipeline and what they cannot do without: the jobs that their `needs` name, and of earlier
 * stages those whose artifacts they fetch. The name of a parallel job stands for all of its parts.
 *
 * @returns `config_invalid` when a name is none of a job.
 */
export function selectJobs(
  pipeline: PlannedPipeline,
  names: readonly string[],
): Result<PlannedPipeline, ConfigInvalid> {
  const { jobs, stages } = pipeline
  const wanted = new Set<PlannedJob>()
  const queue: PlannedJob[] = []
  const want = (job: PlannedJob): void => {
    if (wanted.has(job)) return
    wanted.add(job)
    queue.push(job)
  }
  for (const name of names) {
    const found = jobs.filter((job) => job.name === name || (job.parallel && isPartOf(job.name, name)))
    if (found.length === 0) return refuse(name, jobs)
    found.forEach(want)
  }
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const rank = new Map(stages.map((stage, index) => [stage, index]))
  const rankOf = ({ stage }: PlannedJob): number => rank.get(stage) ?? 0
  for (let job = queue.pop(); job; job = queue.pop()) {
    const { needs, dependencies } = job
    const at = rankOf(job)
    const needed = needs
      ? needs.flatMap(({ name }) => byName.get(name) ?? [])
      : dependencies
        ? dependencies.flatMap((name) => byName.get(name) ?? [])
        : jobs.filter((other) => other.definition.artifacts !== null && rankOf(other) < at)
    needed.forEach(want)
  }
  return ok({ ...pipeline, jobs: jobs.filter((job) => wanted.has(job)) })
}

/** Returns whether a name is that of a part, such as `test 1/3` or `test: [linux, arm]`. */
const isPartOf = (part: string, name: string): boolean =>
  part.startsWith(name) && /^(?: \d+\/\d+|: \[.*\])$/s.test(part.slice(name.length))

const MOST_SHOWN = 20

function refuse(name: string, jobs: readonly PlannedJob[]): Result<never, ConfigInvalid> {
  const shown = jobs.slice(0, MOST_SHOWN).map((job) => job.name)
  const more = jobs.length - shown.length
  const list = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const message = `jobs: the pipeline has no job ${JSON.stringify(name)}; it has ${list}`
  return err({
    kind: 'config_invalid',
    errors: [{ message, path: ['jobs'], file: null, line: null, column: null, hint: null }],
  })
}
