import {
  expandAtCreation,
  type PlannedJob,
  type PlannedPipeline,
  requiredFeatures,
  type Variable,
} from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ConfigInvalid, PipelineEmpty, PipelineFiltered } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { scheduled } from '../jobs/predefined-variables.ts'
import type { AutoCancel, HookedChange, NewJob, PipelineOrigin, ScheduledRun } from '../ports.ts'
import type { Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { Slices } from '../slices.ts'
import { cancelRedundant } from './cancel-automatically.ts'
import type { CancelPorts } from './cancel-jobs.ts'
import { commitVariables, storedTitle } from './commit-variables.ts'
import { checkSha } from './create-job.ts'
import { environmentRefusal } from './environment-refusal.ts'
import { isFromFork, mergeRequestVariables } from './merge-request.ts'
import { type ConfigRequest, type PlannedConfig, type PlanPorts, type PlanRefused, planConfig } from './plan-config.ts'
import { selectJobs } from './select-jobs.ts'
import { firstStatus, startPipeline } from './start-pipeline.ts'
import { variablesAtCreation } from './variables-at-creation.ts'

export interface NewConfigPipeline extends ConfigRequest {
  /** The names of the jobs to run, with those that they need. Default: all. */
  readonly jobs?: readonly string[] | undefined
  /** Who makes it, in words for people. */
  readonly createdBy: string | null
  /** The trigger job that the pipeline is the child of; absent for others. */
  readonly parentJobId?: number | undefined
  /** The run of a schedule that it is created for; absent for others. */
  readonly scheduledRun?: ScheduledRun | undefined
  /** The change that a forge told of and that it is created for; absent for others. */
  readonly hookDelivery?: HookedChange | undefined
  /** Whether to stop before anything is stored. */
  readonly dryRun?: boolean | undefined
}

/** A pipeline that was made, or would have been. */
export interface MadePipeline {
  /** Null after a dry run. */
  readonly id: number | null
  readonly jobs: readonly (Pick<PlannedJob, 'name' | 'stage'> & Pick<Job, 'status'> & { readonly id: number | null })[]
  /** Sentences about parts of the configuration that have no effect. */
  readonly warnings: readonly string[]
}

export type ConfigRefused = PlanRefused | ConfigInvalid | PipelineFiltered | PipelineEmpty

/** What creating a pipeline of a configuration needs. */
export type CreatePorts = CancelPorts & PlanPorts

/**
 * Creates the pipeline that a configuration makes, in one transaction, and starts the jobs that wait for nothing.
 *
 * @returns `config_invalid` with every fault; `pipeline_filtered` or `pipeline_empty` when the configuration wants no
 * pipeline here.
 * @see `docs/pipelines.md`
 */
export async function createFromConfig(
  ports: CreatePorts,
  given: NewConfigPipeline,
): Promise<Result<MadePipeline, ConfigRefused>> {
  const planned = await planConfig(ports, given)
  if (!planned.ok) return planned
  const request = {
    ...given,
    sha: planned.value.sha ?? undefined,
    changedPaths: planned.value.changedPaths ?? undefined,
  }
  const { project, ref, source, plan } = planned.value
  if (plan.outcome === 'pipeline_filtered' || plan.outcome === 'pipeline_empty') return err({ kind: plan.outcome })
  if (!plan.pipeline) return err({ kind: 'config_invalid', errors: plan.errors })

  const chosen = request.jobs ? selectJobs(plan.pipeline, request.jobs) : ok(plan.pipeline)
  if (!chosen.ok) return chosen
  const jobs = await toNewJobs(ports, request, planned.value, chosen.value)
  if (!jobs.ok) return jobs
  const warnings = [
    ...plan.warnings.map(({ message }) => message),
    ...(request.fromFork && chosen.value.jobs.some(isTrusted) ? [WITHOUT_SECRETS] : []),
  ]
  const made: MadePipeline['jobs'] = jobs.value.map(({ name, stage, status }) => ({ name, stage, status, id: null }))
  if (request.dryRun) return ok({ id: null, jobs: made, warnings })
  const started = await startPipeline(ports, {
    projectId: project.id,
    source,
    ref,
    tag: isTag(request),
    sha: request.sha ?? null,
    beforeSha: request.beforeSha ?? null,
    protected: planned.value.protected,
    variables: request.variables ?? [],
    name: plan.pipeline.name,
    commitTitle: planned.value.commit && storedTitle(planned.value.commit.message),
    createdBy: request.createdBy,
    warnings,
    configuration: plan.merged,
    // Branches of forks may be called like those here, and a working tree is on none: neither cancels their pipelines.
    autoCancel:
      request.fromFork || request.run !== undefined
        ? { ...(plan.pipeline.autoCancel as AutoCancel), onNewCommit: 'none' }
        : (plan.pipeline.autoCancel as AutoCancel),
    parentJobId: request.parentJobId,
    scheduledRun: request.scheduledRun,
    hookDelivery: request.hookDelivery,
    fromFork: request.fromFork,
    run: request.run,
    origin: originFor(request, chosen.value),
    jobs: jobs.value,
  })
  if (!started) return err({ kind: 'project_not_found', id: project.id })
  if (request.parentJobId === undefined)
    ports.background.run('cancel redundant pipelines', () => cancelRedundant(ports, started.id))
  const statuses = new Map(
    (await ports.jobs.list({ pipelineId: started.id, limit: started.jobIds.length })).map(({ id, status }) => [
      id,
      status,
    ]),
  )
  return ok({
    id: started.id,
    jobs: made.map((job, index) => {
      const id = started.jobIds[index] ?? 0
      return { ...job, id, status: statuses.get(id) ?? job.status }
    }),
    warnings,
  })
}

/** Returns what the children of a pipeline will need; null when it starts none, or is a child, which has its root's. */
function originFor(request: NewConfigPipeline, { jobs }: PlannedPipeline): PipelineOrigin | null {
  if (request.parentJobId !== undefined || jobs.every(({ definition }) => definition.trigger === null)) return null
  const { files = null, changedPaths = null, mergeRequest = null } = request
  return { files, changedPaths, mergeRequest }
}

/** Expands what is decided here, and replaces names by positions. In slices: there may be hundreds of jobs. */
async function toNewJobs(
  ports: Pick<Services, 'settings' | 'policy'>,
  request: NewConfigPipeline,
  { project, ref, source, ...planned }: PlannedConfig,
  pipeline: PlannedPipeline,
): Promise<Result<NewJob[], ConfigInvalid>> {
  const settings = await ports.settings.get()
  const slices = new Slices()
  const connect = connecting(pipeline)
  const about = [
    { key: 'CI_CONFIG_PATH', value: project.configPath, raw: true },
    ...ofPipeline(request, pipeline.name),
    ...(planned.commit ? commitVariables(planned.commit) : []),
    ...(request.mergeRequest ? mergeRequestVariables(request.mergeRequest, project) : []),
  ]
  const sourceProject = forkOf(request, project)
  const made: NewJob[] = []
  for (const job of pipeline.jobs) {
    if (slices.due) await slices.next()
    const refuse = (field: string, reason: string) =>
      err({
        kind: 'config_invalid' as const,
        errors: [
          {
            message: `${job.name}: ${field} ${reason}`,
            path: [job.name, field],
            file: null,
            line: null,
            column: null,
            hint: null,
          },
        ],
      })
    // A trigger job fetches nothing.
    const sha = job.definition.trigger ? ok(request.sha ?? null) : checkSha(project, job.definition, request)
    if (!sha.ok) return refuse(sha.error.field, sha.error.reason)
    const definition = {
      ...(request.fromFork ? withoutSecrets(job.definition) : job.definition),
      variables: [...about.map(plain), ...job.definition.variables],
      idTokens: request.fromFork ? [] : job.definition.idTokens.map((token) => ({ ...token, sourceProject })),
    }
    const expanded = expandAtCreation(definition, () =>
      variablesAtCreation(definition, {
        policy: ports.policy,
        settings,
        taken: {
          job: {
            ...job,
            ref,
            tag: isTag(request),
            sha: sha.value,
            protected: planned.protected,
            startedAt: null,
          },
          definition,
          project,
          pipeline: { source },
        },
        pipelineVariables: request.variables ?? [],
      }),
    )
    if (!expanded.ok) return refuse(expanded.error.field.replace(/^definition\./, ''), expanded.error.reason)
    const { name: jobName, stage, environment, parallel, needs } = job
    const waits = connect(job)
    made.push({
      environmentRefusal: environment && environmentRefusal(environment.name, project, planned.protected),
      ...{ name: jobName, stage, environment, parallel, ...waits },
      needs: needs?.map((need) => need.name) ?? null,
      // A trigger job passes its variables on, so that it has none about itself.
      definition: job.definition.trigger ? { ...expanded.value, variables: job.definition.variables } : expanded.value,
      status: firstStatus(expanded.value, waits.waitsFor),
      requiredFeatures: requiredFeatures(expanded.value),
    })
  }
  return ok(made)
}

const WITHOUT_SECRETS = 'A merge request from a fork gets no secrets: id_tokens and secrets of its jobs have no effect.'

/** Whether a job shows someone else that it belongs to this project. */
const isTrusted = ({ definition }: PlannedJob): boolean =>
  definition.idTokens.length > 0 || Object.keys(definition.secrets).length > 0

const withoutSecrets = (definition: PlannedJob['definition']): PlannedJob['definition'] => ({
  ...definition,
  secrets: {},
  idTokens: [],
})

type Connected = Required<Pick<NewJob, 'waitsFor' | 'fetchesFrom' | 'byStage' | 'stageIndex'>> & {
  readonly waitsFor: readonly number[]
}

/** Returns what replaces the names in a job by positions. The compiler has checked that all of them are there. */
function connecting({ jobs, stages }: PlannedPipeline): (job: PlannedJob) => Connected {
  const position = new Map(jobs.map(({ name }, index) => [name, index]))
  const positions = (names: readonly string[]) => names.flatMap((name) => position.get(name) ?? [])
  const byStage = Map.groupBy(jobs.keys(), (index) => jobs[index]?.stage)
  return ({ stage, needs, dependencies }) => {
    const stageIndex = stages.indexOf(stage)
    const waitsFor = needs
      ? positions(needs.map(({ name }) => name))
      : stages.slice(0, stageIndex).flatMap((earlier) => byStage.get(earlier) ?? [])
    const offered = needs ? positions(needs.filter(({ artifacts }) => artifacts).map(({ name }) => name)) : waitsFor
    const wanted = dependencies && new Set(positions(dependencies))
    const fetchesFrom = wanted ? offered.filter((index) => wanted.has(index)) : offered
    return { waitsFor, fetchesFrom, byStage: needs === null, stageIndex }
  }
}

/** Returns the path of the fork that a merge request comes from; null for one of the project itself, and without one. */
const forkOf = ({ mergeRequest }: NewConfigPipeline, project: Project): string | null =>
  mergeRequest && isFromFork(mergeRequest, project) ? (mergeRequest.sourceProjectPath ?? null) : null

const isTag = ({ tag = false, mergeRequest }: NewConfigPipeline): boolean => tag && !mergeRequest

/** Returns what jobs are told of their pipeline besides what every job is told. */
const ofPipeline = ({ beforeSha, source, scheduleDescription }: NewConfigPipeline, name: string | null): Variable[] => [
  ...(source === 'trigger' ? [{ key: 'CI_PIPELINE_TRIGGERED', value: 'true' }] : []),
  ...scheduled(scheduleDescription ?? null),
  ...(beforeSha === undefined ? [] : [{ key: 'CI_COMMIT_BEFORE_SHA', value: beforeSha }]),
  ...(name === null ? [] : [{ key: 'CI_PIPELINE_NAME', value: name, raw: true }]),
]

const plain = ({ key, value, raw }: Variable): Variable => ({ key, value, ...(raw && { raw }) })
