import {
  type ArtifactsDefinition,
  type CacheDefinition,
  FAILURE_REASONS,
  type ImageDefinition,
  type JobDefinition,
  passedOn,
  REPORT_TYPES,
  type ServiceDefinition,
  type Variable,
} from '@yardmaster/ci-config'
import { directUrl, isServedHere, type JobVariable, repositoryOf, UNKNOWN_SHA } from '@yardmaster/domain/jobs'
import type { Dependency } from '@yardmaster/domain/ports'
import type { HandedJob } from '@yardmaster/domain/queue'
import type { Runner } from '@yardmaster/domain/runners'
import { refspecs } from './refspecs.ts'

/** The parts of a claimed job that the payload is made from. */
export interface PayloadInput extends Pick<HandedJob, 'taken' | 'jobToken' | 'variables' | 'dependencies'> {
  readonly runner: Pick<Runner, 'runnerType'>
}

/** The default of the reference, which `GIT_DEPTH` overrides. */
const DEFAULT_DEPTH = 20

export type JobPayload = ReturnType<typeof jobPayload>

/**
 * Returns a job as the body of the 201 of `POST /jobs/request`. One value of a wrong JSON type makes the runner drop
 * the whole job silently.
 *
 * @see `docs/protocol/job-request.md 9`, `docs/protocol/client.md 11`
 */
export function jobPayload(input: PayloadInput, externalUrl: string) {
  const { taken, jobToken, variables } = input
  const { definition, job, project } = taken
  const timeout = job.timeout ?? project.timeout
  return {
    id: job.id,
    token: jobToken,
    allow_git_fetch: true,
    job_info: jobInfo(input),
    git_info: gitInfo(input, externalUrl),
    runner_info: { timeout, runner_session_url: null },
    inputs: definition.inputs.map(({ key, type, content, sensitive }) => ({
      key,
      value: { type, content, sensitive },
    })),
    variables,
    steps: definition.run ? null : steps(definition, timeout),
    // Newer runners can't decode null here, so the key must be absent without steps.
    ...(definition.run && { run: JSON.stringify(definition.run) }),
    ...passedOn(definition),
    image: definition.image && image(definition.image),
    services: definition.services.map(service),
    artifacts: definition.artifacts && artifacts(definition.artifacts),
    cache: definition.cache.map((one) => cache(one, job.protected)),
    credentials: [],
    dependencies: input.dependencies.map((dependency) => dependencyEntry(dependency, jobToken)),
    features: { trace_sections: true, failure_reasons: FAILURE_REASONS },
    secrets: definition.secrets,
  }
}

function jobInfo({ taken, runner }: PayloadInput) {
  const { job, project, pipeline } = taken
  return {
    id: job.id,
    name: job.name,
    stage: job.stage,
    pipeline_id: pipeline.id,
    project_id: project.id,
    project_name: project.path.split('/').at(-1) ?? project.path,
    project_full_path: project.path,
    ...(project.groupId !== null && { namespace_id: project.groupId }),
    time_in_queue_seconds: taken.timeInQueueSeconds,
    // A string: the count for an instance runner, or `+Inf` for runners without a shared limit.
    project_jobs_running_on_instance_runners_count:
      runner.runnerType === 'instance_type' ? String(taken.runningOnInstanceRunners) : '+Inf',
    queue_size: taken.queueSize,
    // The store's statement takes the first match, so there is one candidate.
    queue_depth: 1,
  }
}

function gitInfo({ taken, jobToken, variables }: PayloadInput, externalUrl: string) {
  const { job, project } = taken
  const depth = depthFrom(variables)
  const isHere = isServedHere(project, job)
  const fetched = isHere || directUrl(project) !== null
  return {
    repo_url: repositoryOf(project, jobToken, externalUrl).url,
    ref: job.ref,
    sha: job.sha ?? UNKNOWN_SHA,
    before_sha: UNKNOWN_SHA,
    ref_type: job.tag ? 'tag' : 'branch',
    refspecs: fetched ? refspecs({ ...job, pipelineId: taken.pipeline.id, depth, isServedHere: isHere }) : [],
    depth,
    repo_object_format: job.sha?.length === 64 ? 'sha256' : 'sha1',
    protected: job.protected,
  }
}

function depthFrom(variables: readonly JobVariable[]): number {
  const given = variables.findLast(({ key }) => key === 'GIT_DEPTH')?.value ?? ''
  return /^\d{1,9}$/.test(given) ? Number(given) : DEFAULT_DEPTH
}

function steps({ beforeScript, script, release, afterScript }: JobDefinition, timeout: number) {
  const step = (name: string, lines: readonly string[], always = false) => ({
    name,
    script: lines,
    timeout,
    when: always ? 'always' : 'on_success',
    allow_failure: always,
  })
  return [
    step('script', [...beforeScript, ...script]),
    ...(release.length > 0 ? [step('release', release)] : []),
    ...(afterScript.length > 0 ? [step('after_script', afterScript, true)] : []),
  ]
}

const image = ({ name, entrypoint, pullPolicy, executorOpts }: ImageDefinition) => ({
  name,
  entrypoint,
  services: [],
  executor_opts: executorOpts,
  pull_policy: pullPolicy,
})

const service = (definition: ServiceDefinition) => ({
  ...image(definition),
  alias: definition.alias,
  command: definition.command,
  variables: definition.variables.length > 0 ? definition.variables.map(serviceVariable) : null,
})

const serviceVariable = ({ key, value, raw }: Variable) => ({
  key,
  value,
  public: true,
  masked: false,
  ...(raw && { raw: true }),
})

/** Returns the archive, unless it would be empty, then one entry per report. */
function artifacts(definition: ArtifactsDefinition) {
  const { name, untracked, paths, exclude, when, expireIn, reports } = definition
  const archive = {
    name,
    untracked,
    paths,
    ...(exclude.length > 0 && { exclude }),
    when,
    expire_in: expireIn,
    artifact_type: 'archive',
    artifact_format: 'zip',
  }
  return [
    ...(paths.length > 0 || untracked ? [archive] : []),
    ...reports.map((report) => {
      const format = REPORT_TYPES[report.type]?.format ?? 'raw'
      const fileName = REPORT_TYPES[report.type]?.fileName ?? report.type
      return {
        name: format === 'gzip' ? `${fileName}.gz` : fileName,
        paths: report.paths,
        when: 'always',
        expire_in: expireIn,
        artifact_type: report.type,
        artifact_format: format,
      }
    }),
  ]
}

/** Separates the caches of protected refs, so that jobs of other refs cannot poison them. */
function cache(
  { key, untracked, unprotect, paths, policy, when, fallbackKeys }: CacheDefinition,
  isProtected: boolean,
) {
  const suffix = isProtected && !unprotect ? 'protected' : 'non_protected'
  return {
    key: `${key}-${suffix}`,
    untracked,
    paths,
    policy,
    when,
    fallback_keys: fallbackKeys.map((fallback) => `${fallback}-${suffix}`),
  }
}

/** Returns a dependency with the running job's own token, which the download endpoint expects. */
const dependencyEntry = ({ id, name, archive }: Dependency, token: string) => ({
  id,
  name,
  token,
  ...(archive && { artifacts_file: { filename: archive.filename, size: archive.size } }),
})
