import type { DefinitionInvalid } from '@yardmaster/ci-config'
import { expandAtCreation, type NamedDefinition, parseNamedDefinition, requiredFeatures } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectDamaged, ProjectNotFound } from '../errors.ts'
import type { Known } from '../jobs/predefined-variables.ts'
import type { NewJob, NewPipeline } from '../ports.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { Slices } from '../slices.ts'
import { checkSha, projectFor } from './create-job.ts'
import { firstStatus, startPipeline } from './start-pipeline.ts'
import { variablesAtCreation } from './variables-at-creation.ts'

/** Jobs that are created together and may wait for each other. */
export interface PipelineRequest {
  /** Default: the project `default`. */
  readonly projectId?: number | undefined
  /** Default: the project's default branch. */
  readonly ref?: string | undefined
  readonly tag?: boolean | undefined
  readonly sha?: string | undefined
  readonly variables?: NewPipeline['variables'] | undefined
  /** Who makes it, in words for people. */
  readonly createdBy?: string | null | undefined
  readonly jobs: readonly {
    readonly name: string
    readonly stage?: string | undefined
    readonly definition: unknown
  }[]
}

interface ParsedJob extends NamedDefinition {
  readonly name: string
  readonly stage: string
}

/**
 * Stores a pipeline with its jobs in one transaction and starts the jobs that wait for nothing. Stages come in the
 * order in which the list first names them. A job with `needs` waits for those, any other for all jobs of earlier
 * stages. Without `dependencies` a job fetches the artifacts of the jobs that it waits for.
 *
 * @returns ids in the order of the list; `definition_invalid` names the job by its position.
 * @see `docs/pipelines.md 1`
 */
export async function createPipeline(
  ports: Pick<Services, 'jobs' | 'projects' | 'runners' | 'settings' | 'policy' | 'scratch' | 'events' | 'clock'>,
  request: PipelineRequest,
): Promise<Result<readonly number[], DefinitionInvalid | ProjectNotFound | ProjectDamaged>> {
  const found = await projectFor(ports, request.projectId)
  if (!found.ok) return found
  const project = found.value
  const parsed = await parseJobs(project, request, { policy: ports.policy, settings: await ports.settings.get() })
  if (!parsed.ok) return parsed
  const jobs = connect(parsed.value)
  if (!jobs.ok) return jobs

  const ref = request.ref ?? project.defaultBranch
  const started = await startPipeline(ports, {
    projectId: project.id,
    source: 'api',
    ref,
    tag: request.tag ?? false,
    sha: request.sha ?? null,
    protected: isProtectedRef(project.protectedRefs, ref),
    variables: request.variables ?? [],
    createdBy: request.createdBy,
    jobs: jobs.value,
  })
  return started ? ok(started.jobIds) : err({ kind: 'project_not_found', id: project.id })
}

const invalid = (at: string, reason: string) =>
  err({ kind: 'definition_invalid' as const, field: `jobs.${at}`, reason })

/** Parses in slices: each job may take a mebibyte. */
async function parseJobs(
  project: Project,
  request: PipelineRequest,
  instance: Pick<Known, 'policy' | 'settings'>,
): Promise<Result<ParsedJob[], DefinitionInvalid>> {
  const slices = new Slices()
  const ref = request.ref ?? project.defaultBranch
  const isProtected = isProtectedRef(project.protectedRefs, ref)
  const variableKeys = [...project.variables, ...(request.variables ?? [])].map(({ key }) => key)
  const names = new Set<string>()
  const jobs: ParsedJob[] = []
  for (const [index, { name, stage = 'test', definition }] of request.jobs.entries()) {
    if (slices.due) await slices.next()
    if (names.has(name)) {
      return invalid(
        `${index}.name`,
        `found ${JSON.stringify(name)} a second time; allowed: a different name for each job`,
      )
    }
    names.add(name)
    const parsed = parseNamedDefinition(definition, { variableKeys })
    if (!parsed.ok) return invalid(`${index}.${parsed.error.field}`, parsed.error.reason)
    const sha = checkSha(project, parsed.value.definition, request)
    if (!sha.ok) return sha
    const job = { name, stage, ref, tag: request.tag ?? false, sha: sha.value, protected: isProtected, startedAt: null }
    const keywords = parsed.value.definition
    const expanded = expandAtCreation(keywords, () =>
      variablesAtCreation(keywords, {
        ...instance,
        taken: { job, definition: keywords, project, pipeline: { source: 'api' } },
        pipelineVariables: request.variables ?? [],
      }),
    )
    if (!expanded.ok) return invalid(`${index}.${expanded.error.field}`, expanded.error.reason)
    jobs.push({ name, stage, ...parsed.value, definition: expanded.value })
  }
  return ok(jobs)
}

/** Replaces names by positions in the list. */
function connect(jobs: readonly ParsedJob[]): Result<NewJob[], DefinitionInvalid> {
  const stages = [...new Set(jobs.map(({ stage }) => stage))]
  const ranks = jobs.map(({ stage }) => stages.indexOf(stage))
  const position = new Map(jobs.map(({ name }, index) => [name, index]))
  const connected: NewJob[] = []
  for (const [index, job] of jobs.entries()) {
    const needed = positions(
      job.needs?.map((need) => need.job),
      (name) => (name === job.name ? undefined : position.get(name)),
    )
    if (needed !== null && 'unknown' in needed) {
      return invalid(`${index}.definition.needs`, `found ${needed.unknown}; allowed: names of other jobs here`)
    }
    const waitsFor = needed?.at ?? ranks.flatMap((rank, at) => (rank < (ranks[index] ?? 0) ? [at] : []))
    const isWaitedFor = new Set(waitsFor)
    const fetched = positions(job.dependencies, (name) => {
      const at = position.get(name)
      return at !== undefined && isWaitedFor.has(at) ? at : undefined
    })
    if (fetched !== null && 'unknown' in fetched) {
      return invalid(
        `${index}.definition.dependencies`,
        `found ${fetched.unknown}; allowed: jobs that this one waits for`,
      )
    }
    connected.push({
      name: job.name,
      stage: job.stage,
      definition: job.definition,
      status: firstStatus(job.definition, waitsFor),
      waitsFor,
      fetchesFrom: fetched?.at ?? fetchedByDefault(job, waitsFor, position),
      byStage: job.needs === null,
      needs: job.needs?.map((need) => need.job) ?? null,
      stageIndex: ranks[index] ?? 0,
      requiredFeatures: requiredFeatures(job.definition),
    })
  }
  const circle = findCircle(connected)
  if (circle === null) return ok(connected)
  return invalid(`${circle}.definition.needs`, 'found a circle; allowed: jobs that can end first')
}

/** Returns the positions of names, or the first unknown name; null if no names are given. */
function positions(
  names: readonly string[] | null | undefined,
  find: (name: string) => number | undefined,
): { readonly at: number[] } | { readonly unknown: string } | null {
  if (names == null) return null
  const at: number[] = []
  for (const name of names) {
    const found = find(name)
    if (found === undefined) return { unknown: JSON.stringify(name) }
    at.push(found)
  }
  return { at }
}

/** Returns the jobs that it waits for, except needs with `artifacts: false`. */
function fetchedByDefault(
  { needs }: ParsedJob,
  waitsFor: readonly number[],
  position: ReadonlyMap<string, number>,
): readonly number[] {
  if (needs === null) return waitsFor
  const unwanted = new Set(needs.flatMap(({ job, artifacts }) => (artifacts ? [] : [position.get(job)])))
  return waitsFor.filter((at) => !unwanted.has(at))
}

/** Returns the position of a job that waits for itself through others, or null. */
function findCircle(jobs: readonly NewJob[]): number | null {
  const startable = new Set<number>()
  for (let before = -1; before !== startable.size; ) {
    before = startable.size
    for (const [index, { waitsFor = [] }] of jobs.entries()) {
      if (waitsFor.every((at) => startable.has(at))) startable.add(index)
    }
  }
  const stuck = jobs.findIndex((_, index) => !startable.has(index))
  return stuck === -1 ? null : stuck
}
