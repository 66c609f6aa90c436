import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { JobDamaged, JobNewer, JobNotFound, ProjectDamaged } from '../errors.ts'
import type { NewPipeline, Ports } from '../ports.ts'
import type { ProjectVariable } from '../projects/project.ts'
import { seenFromFork } from '../projects/seen-from-fork.ts'
import type { Manager, Runner } from '../runners/runner.ts'

/** The details of one job that lists do not show. Includes secrets, which the API hides. */
export interface JobDescription {
  readonly definition: JobDefinition
  /** The runner that has or had it; null also once the runner is removed. */
  readonly runner: Pick<Runner, 'id' | 'description' | 'runnerType'> | null
  readonly manager: Manager | null
  /** In rising precedence: of two with one key the later one counts. */
  readonly variables: readonly ChosenVariable[]
}

/** A variable set by a person, and where. */
type ChosenVariable = Variable & { readonly from: 'job' | 'project' | 'pipeline' }

/**
 * Returns a job's definition, the variables set in the job, its project and its pipeline, and the runner that ran it.
 * The project's present variables may differ from those that the job received.
 */
export async function describeJob(
  { jobs, projects, runners }: Pick<Ports, 'jobs' | 'projects' | 'runners'>,
  id: number,
): Promise<Result<JobDescription, JobNotFound | JobDamaged | JobNewer | ProjectDamaged>> {
  const [job, definition, pipelineVariables] = await Promise.all([
    jobs.find(id),
    jobs.definition(id),
    jobs.pipelineVariables(id),
  ])
  if (!job) return err({ kind: 'job_not_found', id })
  if (definition === 'newer' || pipelineVariables === 'newer') return err({ kind: 'job_newer', id })
  if (!definition || !pipelineVariables) return err({ kind: 'job_damaged', id })
  const [found, runner, managers] = await Promise.all([
    projects.find(job.projectId),
    job.runnerId === null ? null : runners.find(job.runnerId),
    job.runnerId === null ? [] : runners.managers(job.runnerId),
  ])
  if (found?.damaged.includes('variables')) return err({ kind: 'project_damaged', id: found.id, parts: ['variables'] })
  const fromFork = (await jobs.credentials(id))?.fromFork ?? false
  const project = found && fromFork ? seenFromFork(found) : found
  const isReached = (variable: ProjectVariable) => job.protected || !variable.protected
  return ok({
    definition,
    runner: runner && { id: runner.id, description: runner.description, runnerType: runner.runnerType },
    manager: managers.find((manager) => manager.id === job.managerId) ?? null,
    variables: [
      ...chosen('job', definition.variables),
      ...chosen('project', (project?.variables ?? []).filter(isReached)),
      ...chosen('pipeline', pipelineVariables),
    ],
  })
}

function chosen(
  from: ChosenVariable['from'],
  variables: readonly Variable[] | NewPipeline['variables'],
): ChosenVariable[] {
  return variables.map(({ key, value, masked, file, raw }) => ({ key, value, masked, file, raw, from }))
}
