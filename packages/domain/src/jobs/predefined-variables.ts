import type { JobDefinition, Variable } from '@yardmaster/ci-config'
import type { Project } from '../projects/project.ts'
import type { Policy, Settings } from '../settings.ts'
import type { Job } from './job.ts'
import { UNKNOWN_SHA } from './repository.ts'
import { groupName, slug } from './slug.ts'

/** A variable as it is sent to a runner. */
export interface JobVariable {
  readonly key: string
  readonly value: string
  /** False when it is not passed to service containers. */
  readonly public: boolean
  /** The runner replaces it by `[MASKED]` in the log. */
  readonly masked: boolean
  /** Present only when true. */
  readonly file?: true
  readonly raw?: true
}

/** The facts about a job that are known from its creation on. */
export interface Known {
  readonly taken: {
    readonly job: Pick<Job, 'name' | 'stage' | 'ref' | 'tag' | 'sha' | 'protected' | 'startedAt'>
    readonly definition: Pick<JobDefinition, 'when'>
    readonly project: Project
    readonly pipeline: { readonly source: string }
  }
  readonly policy: Pick<Policy, 'externalUrl' | 'version'>
  readonly settings: Pick<Settings, 'supplyGitlabCi'>
}

/** The facts about a pipeline that are known before it has jobs. */
export interface KnownBeforeJobs extends Pick<Known, 'policy' | 'settings'> {
  readonly project: Project
  readonly pipeline: {
    readonly source: string
    /** The branch or tag; for a merge request its source branch. */
    readonly ref: string
    /** `other` for a merge request, which is neither. */
    readonly refKind: 'branch' | 'tag' | 'other'
    readonly sha: string | null
    /** The commit that the ref pointed to before; null when it is not known. */
    readonly beforeSha: string | null
    readonly protected: boolean
    /** What is known of the commit besides its id. */
    readonly commit: readonly JobVariable[]
    /** Where the configuration is. */
    readonly configPath: string
    /** Null unless a schedule creates it. */
    readonly scheduleDescription: string | null
  }
}

/** Returns the predefined variables that a job has from its creation on (`docs/protocol/job-request.md 11`). */
export const predefined = (known: Known): JobVariable[] => {
  const { job, pipeline, project } = known.taken
  return [
    shown('CI_PIPELINE_SOURCE', pipeline.source),
    ...about(known),
    ...server(known.policy),
    ...projectOf(project),
    ...commit({ ...job, refKind: refKindOf(job.tag, pipeline.source), beforeSha: null }),
  ]
}

/** Returns the predefined variables that a configuration sees before it is read: nothing about any job. */
export const predefinedBeforeJobs = ({ policy, settings, project, pipeline }: KnownBeforeJobs): JobVariable[] => [
  shown('CI_PIPELINE_SOURCE', pipeline.source),
  ...(pipeline.source === 'trigger' ? [shown('CI_PIPELINE_TRIGGERED', 'true')] : []),
  ...scheduled(pipeline.scheduleDescription),
  ...instance(settings),
  ...server(policy),
  ...projectOf(project),
  quoted('CI_CONFIG_PATH', pipeline.configPath),
  ...commit(pipeline),
  ...pipeline.commit,
]

/** Returns what only pipelines of schedules are told. */
export const scheduled = (description: string | null): JobVariable[] =>
  description === null ? [] : [quoted('CI_PIPELINE_SCHEDULE_DESCRIPTION', description)]

const refKindOf = (isTag: boolean, source: string): 'branch' | 'tag' | 'other' => {
  if (isTag) return 'tag'
  return source === 'merge_request_event' ? 'other' : 'branch'
}

export const shown = (key: string, value: string | number): JobVariable => ({
  key,
  value: String(value),
  public: true,
  masked: false,
})

/**
 * Like `shown`, for a text that outsiders choose, such as the name of a branch: what looks like a variable in it is not
 * replaced, because that would put secrets where the text is shown.
 */
export const quoted = (key: string, value: string): JobVariable => ({
  ...shown(key, value),
  ...(/[$%]/.test(value) && { raw: true as const }),
})

export const toVariable = (variable: Variable, isPublic: boolean): JobVariable => ({
  key: variable.key,
  value: variable.value,
  public: isPublic,
  masked: variable.masked ?? false,
  ...(variable.file && { file: true }),
  ...(variable.raw && { raw: true }),
})

/** Formats a date in ISO 8601, to the second. */
export const time = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

function about({ taken, settings }: Known): JobVariable[] {
  const { job, definition } = taken
  return [
    shown('CI_JOB_NAME', job.name),
    shown('CI_JOB_NAME_SLUG', slug(job.name)),
    shown('CI_JOB_GROUP_NAME', groupName(job.name)),
    shown('CI_JOB_STAGE', job.stage),
    ...(job.startedAt ? [shown('CI_JOB_STARTED_AT', time(job.startedAt))] : []),
    ...(['manual', 'delayed'].includes(definition.when) ? [shown('CI_JOB_MANUAL', 'true')] : []),
    shown('CI_NODE_TOTAL', 1),
    ...instance(settings),
  ]
}

const instance = ({ supplyGitlabCi }: Known['settings']): JobVariable[] => [
  shown('CI', 'true'),
  ...(supplyGitlabCi ? [shown('GITLAB_CI', 'true')] : []),
]

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

function server(policy: Known['policy']): JobVariable[] {
  const url = new URL(policy.externalUrl)
  const protocol = url.protocol.replace(':', '')
  return [
    shown('CI_SERVER_URL', policy.externalUrl),
    shown('CI_SERVER_HOST', url.hostname),
    shown('CI_SERVER_PORT', url.port || (DEFAULT_PORTS[protocol] ?? '')),
    shown('CI_SERVER_PROTOCOL', protocol),
    shown('CI_SERVER_FQDN', url.host),
    shown('CI_SERVER_NAME', 'Yardmaster'),
    shown('CI_SERVER_VERSION', policy.version),
    shown('CI_API_V4_URL', `${policy.externalUrl}/api/v4`),
  ]
}

function projectOf(project: Project): JobVariable[] {
  const segments = project.path.split('/')
  const namespace = segments.slice(0, -1).join('/')
  return [
    shown('CI_PROJECT_ID', project.id),
    shown('CI_PROJECT_NAME', segments.at(-1) ?? project.path),
    shown('CI_PROJECT_TITLE', project.name),
    shown('CI_PROJECT_PATH', project.path),
    shown('CI_PROJECT_PATH_SLUG', slug(project.path)),
    // A project outside all groups has no such variables.
    ...(namespace === ''
      ? []
      : [
          shown('CI_PROJECT_NAMESPACE', namespace),
          shown('CI_PROJECT_ROOT_NAMESPACE', segments[0] ?? namespace),
          ...(project.groupId === null ? [] : [shown('CI_PROJECT_NAMESPACE_ID', project.groupId)]),
        ]),
    shown('CI_DEFAULT_BRANCH', project.defaultBranch),
  ]
}

function commit({
  sha,
  beforeSha,
  ref,
  refKind,
  ...pipeline
}: Omit<KnownBeforeJobs['pipeline'], 'source' | 'scheduleDescription' | 'commit' | 'configPath'>): JobVariable[] {
  return [
    ...(sha === null ? [] : [shown('CI_COMMIT_SHA', sha), shown('CI_COMMIT_SHORT_SHA', sha.slice(0, 8))]),
    shown('CI_COMMIT_BEFORE_SHA', beforeSha ?? UNKNOWN_SHA),
    quoted('CI_COMMIT_REF_NAME', ref),
    shown('CI_COMMIT_REF_SLUG', slug(ref)),
    // A merge request has neither.
    ...(refKind === 'other' ? [] : [quoted(refKind === 'tag' ? 'CI_COMMIT_TAG' : 'CI_COMMIT_BRANCH', ref)]),
    shown('CI_COMMIT_REF_PROTECTED', String(pipeline.protected)),
  ]
}
