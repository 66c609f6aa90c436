import type { FamilyDependency } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import { textExpander } from '../jobs/expand-text.ts'
import type { JobVariable } from '../jobs/variables.ts'
import type { FamilyJob, FamilyJobName, Ports, TakenJob } from '../ports.ts'
import type { HandOverFailure } from './hand-over-failure.ts'

/** The largest id that a database has. */
const LARGEST_ID = 2_147_483_647
const LONGEST_NAME = 255

/** A dependency with the references in it replaced. */
interface Meant {
  readonly written: FamilyDependency
  readonly wanted: FamilyJobName
}

/**
 * Returns the ids of the jobs of other pipelines of the family whose artifacts a job fetches. They count at this moment:
 * the newest attempts, which have to be successful and to have their artifacts still.
 *
 * @param variables - those that the names may refer to, expanded, in rising precedence; without those of dotenv reports.
 * @returns `missing_dependency_failure` with a sentence about the first one that is missing. It shows texts as they are
 * written, because the value of a variable may be a secret.
 */
export async function findFamilyDependencies(
  { pipelines }: Pick<Ports, 'pipelines'>,
  { definition: { familyDependencies }, pipeline }: Pick<TakenJob, 'definition' | 'pipeline'>,
  variables: readonly JobVariable[],
): Promise<Result<number[], HandOverFailure>> {
  // Most jobs have none, and pay nothing.
  if (familyDependencies.length === 0) return ok([])
  const meant: Meant[] = []
  const expand = textExpander(variables)
  for (const written of familyDependencies) {
    const pipelineId = idIn(expand(written.pipeline) ?? '')
    const name = expand(written.job) ?? ''
    if (pipelineId === null) return missing(`needs:pipeline "${shown(written.pipeline)}" is not the id of a pipeline.`)
    if (pipelineId === pipeline.id) {
      return missing(`needs:pipeline "${shown(written.pipeline)}" is the pipeline of this job itself.`)
    }
    meant.push({ written, wanted: { pipelineId, name } })
  }
  const found = await pipelines.familyJobs(
    pipeline.id,
    meant.map(({ wanted }) => wanted),
  )
  const ids: number[] = []
  for (const [index, one] of meant.entries()) {
    const id = usable(one, found[index] ?? null)
    if (!id.ok) return id
    ids.push(id.value)
  }
  return ok(ids)
}

function idIn(text: string): number | null {
  const digits = text.trim()
  const id = /^\d{1,10}$/.test(digits) ? Number(digits) : 0
  return id > 0 && id <= LARGEST_ID ? id : null
}

function usable({ written, wanted }: Meant, found: FamilyJob | null): Result<number, HandOverFailure> {
  if (!found) return missing(`needs:pipeline "${shown(written.pipeline)}" names no pipeline of the family of this one.`)
  const name = `"${shown(written.job)}"`
  const { job, isGone } = found
  if (!job) return missing(`Pipeline ${wanted.pipelineId} has no job ${name}.`)
  const about = `Job ${job.id}, ${name} of pipeline ${wanted.pipelineId}`
  if (job.status !== 'success') return missing(`${about}, is ${job.status}: its artifacts count once it is success.`)
  return isGone ? missing(`${about}, was erased, or its artifacts have expired.`) : ok(job.id)
}

const missing = (failureDetail: string): Result<never, HandOverFailure> =>
  err({ failureReason: 'missing_dependency_failure', failureDetail })

const shown = (text: string): string => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text)
