import type { DefinitionInvalid, JobDefinition } from '@yardmaster/ci-config'
import { expandAtCreation, parseDefinition, requiredFeatures } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectDamaged, ProjectNotFound } from '../errors.ts'
import { isFinished } from '../jobs/job.ts'
import type { After } from '../jobs/moves.ts'
import type { NewPipeline, Ports } from '../ports.ts'
import { queueCreated } from '../processing/advance-pipeline.ts'
import { DEFAULT_PROJECT_PATH, isProtectedRef, type Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { tickForJob } from '../wakeups/tick-for-job.ts'
import { variablesAtCreation } from './variables-at-creation.ts'

/** A job to be created alone, in its own pipeline. Absent members have their defaults. */
export interface JobRequest {
  /** Default: the project `default`. */
  readonly projectId?: number | undefined
  readonly name: string
  readonly stage?: string | undefined
  /** Default: the project's default branch. */
  readonly ref?: string | undefined
  readonly tag?: boolean | undefined
  readonly sha?: string | undefined
  /** A job in the keywords of `.gitlab-ci.yml`. */
  readonly definition: unknown
  readonly variables?: NewPipeline['variables'] | undefined
  /** Who makes it, in words for people. */
  readonly createdBy?: string | null | undefined
}

/**
 * Stores a job and wakes the runners that could take it.
 *
 * @returns the new id; `definition_invalid` names the keyword, what was found and what is allowed.
 * @see `docs/job-keywords.md`
 */
export async function createJob(
  ports: Pick<Services, 'jobs' | 'projects' | 'runners' | 'settings' | 'policy' | 'scratch' | 'events' | 'clock'>,
  request: JobRequest,
): Promise<Result<number, DefinitionInvalid | ProjectNotFound | ProjectDamaged>> {
  const found = await projectFor(ports, request.projectId)
  if (!found.ok) return found
  const project = found.value
  const variables = request.variables ?? []
  const parsed = parseDefinition(request.definition, {
    variableKeys: [...project.variables, ...variables].map(({ key }) => key),
  })
  if (!parsed.ok) return parsed

  const dependencies = await latestDependencies(ports, project, parsed.value)
  if (!dependencies.ok) return dependencies
  const sha = checkSha(project, parsed.value, request)
  if (!sha.ok) return sha

  const { name, stage = 'test', tag = false } = request
  const ref = request.ref ?? project.defaultBranch
  const isProtected = isProtectedRef(project.protectedRefs, ref)
  const job = { name, stage, ref, tag, sha: sha.value, protected: isProtected, startedAt: null }
  const settings = await ports.settings.get()
  const expanded = expandAtCreation(parsed.value, () =>
    variablesAtCreation(parsed.value, {
      taken: { job, definition: parsed.value, project, pipeline: { source: 'api' } },
      policy: ports.policy,
      settings,
      pipelineVariables: variables,
    }),
  )
  if (!expanded.ok) return expanded
  const definition = { ...expanded.value, dependencies: dependencies.value }
  const status = firstStatus(definition)
  const [id] = await ports.jobs.create({
    projectId: project.id,
    source: 'api',
    ref,
    tag,
    sha: sha.value,
    protected: isProtected,
    variables,
    createdBy: request.createdBy,
    jobs: [
      {
        name,
        stage,
        definition,
        status,
        startIn: definition.startIn,
        requiredFeatures: requiredFeatures(definition),
      },
    ],
  })
  if (id === undefined) return err({ kind: 'project_not_found', id: project.id })
  if (status === 'created') await queueCreated(ports, id, ['created'])
  if (status === 'pending') {
    await tickForJob(ports, { projectId: project.id, protected: isProtected, tags: definition.tags })
  }
  await ports.events.publish('jobs')
  return ok(id)
}

/** Refuses a project whose address or variables are damaged: its jobs would run without them. */
export async function projectFor(
  { projects }: Pick<Ports, 'projects'>,
  id: number | undefined,
): Promise<Result<Project, ProjectNotFound | ProjectDamaged>> {
  const project = await (id === undefined ? projects.findByPath(DEFAULT_PROJECT_PATH) : projects.find(id))
  if (!project) return err({ kind: 'project_not_found', id: id ?? 0 })
  const parts = project.damaged.filter((part) => part !== 'registrationToken')
  return parts.length === 0 ? ok(project) : err({ kind: 'project_damaged', id: project.id, parts })
}

/** A job created alone has no predecessors that could fail, so `on_failure` never applies. */
function firstStatus({ when, resourceGroup }: JobDefinition): After<'create'> {
  switch (when) {
    case 'manual':
      return 'manual'
    case 'delayed':
      return 'scheduled'
    case 'on_failure':
      return 'skipped'
    default:
      // Whether its resource is free is decided when it is queued.
      return resourceGroup === null ? 'pending' : 'created'
  }
}

/**
 * Finds the newest attempts of the named jobs. All of them must be over: a job created alone does not wait, and would
 * fetch other artifacts than its author meant.
 */
async function latestDependencies(
  { jobs }: Pick<Ports, 'jobs'>,
  project: Project,
  { dependencies }: JobDefinition,
): Promise<Result<readonly number[], DefinitionInvalid>> {
  if (dependencies.length === 0) return ok(dependencies)
  const latest = new Map((await jobs.latestAttempts(project.id, dependencies)).map((attempt) => [attempt.of, attempt]))
  const found = dependencies.flatMap((id) => {
    const attempt = latest.get(id)
    if (!attempt) return [`${id}`]
    if (isFinished(attempt.status)) return []
    return [
      attempt.id === id ? `${id}, which is ${attempt.status}` : `${id}, whose retry ${attempt.id} is ${attempt.status}`,
    ]
  })
  if (found.length === 0) return ok([...new Set(dependencies.map((id) => latest.get(id)?.id ?? id))])
  return err({
    kind: 'definition_invalid',
    field: 'definition.dependencies',
    reason: `found ${found.join(', ')}; allowed are ids of jobs of the same project that are over`,
  })
}

/** A runner checks out `sha` and fails without one when there is a repository, unless told to check out nothing. */
export function checkSha(
  project: Project,
  definition: JobDefinition,
  { sha, variables = [] }: Pick<JobRequest, 'sha' | 'variables'>,
): Result<string | null, DefinitionInvalid> {
  if (sha !== undefined) return ok(sha)
  if (project.repository === null) return ok(null)
  const strategy = [...definition.variables, ...variables].findLast(({ key }) => key === 'GIT_STRATEGY')?.value
  if (strategy === 'none' || strategy === 'empty') return ok(null)
  return err({
    kind: 'definition_invalid',
    field: 'sha',
    reason: 'missing; a job of a project with a repository needs it, unless its GIT_STRATEGY is none or empty',
  })
}
