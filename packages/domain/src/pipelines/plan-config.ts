import type { ParentFile, ParentPath, Plan, PlanRequest } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { CompilerBusy, ConfigMissing, ProjectDamaged, ProjectNotFound } from '../errors.ts'
import type { NewPipeline } from '../ports.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { projectFor } from './create-job.ts'
import { isFromFork, type MergeRequest } from './merge-request.ts'
import { variablesBeforeJobs } from './variables-before-jobs.ts'

/** Where a pipeline comes from: the values of `CI_PIPELINE_SOURCE`. */
export const PIPELINE_SOURCES = [
  'push',
  'web',
  'trigger',
  'schedule',
  'api',
  'external',
  'pipeline',
  'chat',
  'webide',
  'merge_request_event',
  'external_pull_request_event',
  'parent_pipeline',
] as const
type PipelineSource = (typeof PIPELINE_SOURCES)[number]

/** A configuration, and everything that decides which jobs a pipeline of it has. Absent members have their defaults. */
export interface ConfigRequest {
  /** Default: the project `default`. */
  readonly projectId?: number | undefined
  /** Default: the source branch of the merge request, else the project's default branch. */
  readonly ref?: string | undefined
  /** Without meaning for a merge request, whose ref is a branch. */
  readonly tag?: boolean | undefined
  readonly sha?: string | undefined
  /** The commit that the ref pointed to before. */
  readonly beforeSha?: string | undefined
  /** Default: `merge_request_event` for a merge request, else `api`. */
  readonly source?: PipelineSource | undefined
  /** The text of the configuration. */
  readonly content?: string | undefined
  /** The texts of the commit's files by path, which `include:local` reads and `rules:exists` looks for. */
  readonly files?: Readonly<Record<string, string>> | undefined
  /** Absent when they are not known, so that `changes` is true. */
  readonly changedPaths?: readonly string[] | undefined
  readonly variables?: NewPipeline['variables'] | undefined
  readonly inputs?: Readonly<Record<string, unknown>> | undefined
  readonly mergeRequest?: MergeRequest | undefined
  /** What the schedule that creates the pipeline is called; absent for others. */
  readonly scheduleDescription?: string | undefined
  /** Reads a file in the artifacts of a job of the parent pipeline; absent unless this is a child pipeline. */
  readonly readParentFile?: ((file: ParentPath) => Promise<ParentFile['answer']>) | undefined
}

/** A compiled request, with the defaults filled in. */
export interface PlannedConfig {
  readonly project: Project
  readonly ref: string
  readonly source: PipelineSource
  readonly protected: boolean
  readonly plan: Plan
}

/**
 * Compiles the configuration of a pipeline, with the variables that exist before its jobs, and decides which jobs the
 * pipeline has. Faults of the configuration are part of the plan.
 */
export async function planConfig(
  ports: Pick<Services, 'projects' | 'settings' | 'policy' | 'configs'>,
  request: ConfigRequest,
): Promise<Result<PlannedConfig, ProjectNotFound | ProjectDamaged | ConfigMissing | CompilerBusy>> {
  const found = await projectFor(ports, request.projectId)
  if (!found.ok) return found
  const project = found.value
  const { content, mergeRequest = null } = request
  // Projects have no repository of their own that it could be read from.
  if (content === undefined) return err({ kind: 'config_missing' })

  const ref = request.ref ?? mergeRequest?.sourceBranch ?? project.defaultBranch
  const source = request.source ?? (mergeRequest ? 'merge_request_event' : 'api')
  const isProtected = mergeRequest
    ? isProtectedMerge(mergeRequest, project)
    : isProtectedRef(project.protectedRefs, ref)
  const refKind = kindOfRef(request, source)
  const planned = await planReading(ports, request, {
    text: content,
    files: request.files ?? null,
    inputs: (request.inputs ?? {}) as PlanRequest['inputs'],
    variables: variablesBeforeJobs({
      policy: ports.policy,
      settings: await ports.settings.get(),
      project,
      pipeline: {
        ...{ source, ref, refKind, protected: isProtected },
        sha: request.sha ?? null,
        beforeSha: request.beforeSha ?? null,
        scheduleDescription: request.scheduleDescription ?? null,
      },
      mergeRequest,
      variables: request.variables ?? [],
    }).map(({ key, value, masked = false, file = false }) => ({ key, value, masked, file })),
    facts: { source, ref, refKind, projectPath: project.path, changedPaths: request.changedPaths ?? null },
    maxJobs: ports.policy.maxJobsPerPipeline,
  })
  return planned.ok ? ok({ project, ref, source, protected: isProtected, plan: planned.value }) : planned
}

/** Times that a plan may lack files: included ones may include further ones. */
const MOST_READS = 20

/** Plans, and reads the files of the parent pipeline that the configuration turns out to include. */
async function planReading(
  { configs }: Pick<Services, 'configs'>,
  { readParentFile }: ConfigRequest,
  request: PlanRequest,
): Promise<Result<Plan, CompilerBusy>> {
  if (!readParentFile) return await configs.plan(request)
  const parentFiles: ParentFile[] = []
  for (let reads = 0; ; reads++) {
    const planned = await configs.plan({ ...request, parentFiles })
    if (!planned.ok || planned.value.unread.length === 0 || reads === MOST_READS) return planned
    for (const file of planned.value.unread) parentFiles.push({ ...file, answer: await readParentFile(file) })
  }
}

/** A merge request is protected when both of its branches are, and both are of this project. */
const isProtectedMerge = (request: MergeRequest, project: Project): boolean =>
  !isFromFork(request, project) &&
  [request.sourceBranch, request.targetBranch].every((branch) => isProtectedRef(project.protectedRefs, branch))

function kindOfRef({ tag, mergeRequest }: ConfigRequest, source: PipelineSource): 'branch' | 'tag' | 'other' {
  if (tag && !mergeRequest) return 'tag'
  return mergeRequest || source === 'merge_request_event' ? 'other' : 'branch'
}
