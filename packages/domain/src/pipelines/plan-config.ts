import type { ParentFile, ParentPath, Plan, PlanRequest } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { CompilerBusy, ProjectDamaged, ProjectNotFound } from '../errors.ts'
import type { Commit, NewPipeline } from '../ports.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'
import { seenFromFork } from '../projects/seen-from-fork.ts'
import type { Services } from '../services.ts'
import { commitVariables } from './commit-variables.ts'
import { projectFor } from './create-job.ts'
import { knownFiles, type ReadFiles } from './known-files.ts'
import { isFromFork, type MergeRequest } from './merge-request.ts'
import { type CommitRefused, readCommitFacts, runCommit } from './read-commit-facts.ts'
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
  /** The text of the configuration. Default: what the project's repository has. */
  readonly content?: string | undefined
  /**
   * The texts of the commit's files by path, which `include:local` reads and `rules:exists` looks for. Default: those of
   * the project's repository.
   */
  readonly files?: Readonly<Record<string, string>> | undefined
  /** Absent when they are not known, so that `changes` is true, or without `content` are those of the repository. */
  readonly changedPaths?: readonly string[] | undefined
  readonly variables?: NewPipeline['variables'] | undefined
  readonly inputs?: Readonly<Record<string, unknown>> | undefined
  readonly mergeRequest?: MergeRequest | undefined
  /** Whether the source branch is in a fork, so that nothing here may be shown to it. */
  readonly fromFork?: boolean | undefined
  /** A pushed working tree that the pipeline runs, by the name behind `refs/runs/`, in place of `sha`. */
  readonly run?: string | undefined
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
  /** The request with what the repository said. */
  readonly sha: string | null
  readonly changedPaths: readonly string[] | null
  /** Null when it is not known. */
  readonly commit: Commit | null
}

export type PlanRefused = ProjectNotFound | ProjectDamaged | CompilerBusy | CommitRefused

/** What compiling a configuration needs. */
export type PlanPorts = Pick<Services, 'projects' | 'settings' | 'policy' | 'configs' | 'repositories'>

/**
 * Compiles the configuration of a pipeline, with the variables that exist before its jobs, and decides which jobs the
 * pipeline has. Faults of the configuration are part of the plan.
 */
export async function planConfig(
  ports: PlanPorts,
  request: ConfigRequest,
): Promise<Result<PlannedConfig, PlanRefused>> {
  const found = await projectFor(ports, request.projectId)
  if (!found.ok) return found
  // Only repositories are read with the project as it is stored, which has the credentials for that.
  const stored = found.value
  if (request.run === undefined || request.sha !== undefined) return await planCommit(ports, stored, request)
  const commit = await runCommit(ports, stored, request.run)
  return commit.ok ? await planCommit(ports, stored, { ...request, sha: commit.value }) : commit
}

async function planCommit(
  ports: PlanPorts,
  stored: Project,
  request: ConfigRequest,
): Promise<Result<PlannedConfig, PlanRefused>> {
  const { mergeRequest = null, fromFork = false } = request
  const project = fromFork ? seenFromFork(stored) : stored
  const ref = request.ref ?? mergeRequest?.sourceBranch ?? project.defaultBranch
  const source = request.source ?? (mergeRequest ? 'merge_request_event' : 'api')
  const isProtected =
    !fromFork &&
    request.run === undefined &&
    (mergeRequest ? isProtectedMerge(mergeRequest, project) : isProtectedRef(project.protectedRefs, ref))
  const refKind = kindOfRef(request, source)
  const facts = await factsFor(ports, stored, { ...request, ref })
  if (!facts.ok) return facts
  const { sha, content, commit, changedPaths, isReadable } = facts.value
  const known = knownFiles(ports, stored)
  const planned = await planReading(ports, request, known, {
    text: content,
    files: request.files ?? null,
    commit: isReadable && sha !== null ? { projectId: project.id, project: project.path, sha } : null,
    inputs: (request.inputs ?? {}) as PlanRequest['inputs'],
    variables: variablesBeforeJobs({
      policy: ports.policy,
      settings: await ports.settings.get(),
      project,
      pipeline: {
        ...{ source, ref, refKind, protected: isProtected },
        sha,
        beforeSha: request.beforeSha ?? null,
        commit: commit ? commitVariables(commit) : [],
        configPath: project.configPath,
        scheduleDescription: request.scheduleDescription ?? null,
      },
      mergeRequest,
      variables: request.variables ?? [],
    }).map(({ key, value, masked = false, file = false }) => ({ key, value, masked, file })),
    facts: { source, ref, refKind, projectPath: project.path, changedPaths },
    maxJobs: ports.policy.maxJobsPerPipeline,
  })
  if (!planned.ok) return planned
  if (known.failure) return err(known.failure)
  const plan = request.content === undefined ? placedIn(project.configPath, planned.value) : planned.value
  return ok({ project, ref, source, protected: isProtected, plan, sha, changedPaths, commit })
}

interface Facts {
  readonly sha: string | null
  /** Whether the files of the commit can be read from a repository. */
  readonly isReadable: boolean
  readonly content: string
  readonly commit: Commit | null
  readonly changedPaths: readonly string[] | null
}

/** Returns what the request says, and what the repository says besides. */
async function factsFor(
  ports: PlanPorts,
  project: Project,
  request: ConfigRequest & { readonly ref: string },
): Promise<Result<Facts, CommitRefused>> {
  const { content, sha = null, changedPaths = null } = request
  if (content === undefined) {
    const read = await readCommitFacts(ports, project, request)
    return read.ok ? ok({ ...read.value, isReadable: true }) : read
  }
  // A child has the commit of its parent, whose repository may be away now.
  const isOfChild = request.source === 'parent_pipeline'
  // An address is asked only for what the configuration turns out to need.
  const isAsked = sha !== null && (isOfChild || (project.repository === null && request.files === undefined))
  const asked = isAsked ? await ports.repositories.commit(project, sha) : null
  const commit = asked?.ok ? asked.value : null
  const isReadable = sha !== null && (commit !== null || project.repository !== null)
  return ok({ sha, content, changedPaths, isReadable, commit: isOfChild ? commit : null })
}

/** Names the file that the configuration was read from in faults that are in it. */
function placedIn(path: string, plan: Plan): Plan {
  const place = (faults: Plan['errors']) =>
    faults.map((fault) => (fault.file === null && fault.line !== null ? { ...fault, file: path } : fault))
  return { ...plan, errors: place(plan.errors), warnings: place(plan.warnings) }
}

/** Times that a plan may lack files: included ones may include further ones. */
const MOST_READS = 20

/** Plans, and reads the files of the parent pipeline that the configuration turns out to include. */
async function planReading(
  { configs }: Pick<Services, 'configs'>,
  { readParentFile }: ConfigRequest,
  known: ReadFiles,
  request: PlanRequest,
): Promise<Result<Plan, CompilerBusy>> {
  if (!readParentFile) return await configs.plan(request, known)
  const parentFiles: ParentFile[] = []
  for (let reads = 0; ; reads++) {
    const planned = await configs.plan({ ...request, parentFiles }, known)
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
