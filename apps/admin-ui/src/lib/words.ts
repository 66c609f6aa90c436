import type { Job, Pipeline, ResourceGroup, Runner } from './api.ts'

export type JobStatus = Job['status']

export const JOB_STATUS_WORDS: Readonly<Record<JobStatus, string>> = {
  created: 'Created',
  waiting_for_resource: 'Waiting for resource',
  preparing: 'Preparing',
  manual: 'Manual',
  scheduled: 'Scheduled',
  pending: 'Pending',
  running: 'Running',
  canceling: 'Canceling',
  success: 'Success',
  failed: 'Failed',
  canceled: 'Canceled',
  skipped: 'Skipped',
}

export const JOB_STATUSES = Object.keys(JOB_STATUS_WORDS) as JobStatus[]

export const isOver = (status: JobStatus): boolean =>
  status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped'

/** Returns whether a person can start a job in this status now. */
export const isPlayable = (status: JobStatus): boolean => status === 'manual' || status === 'scheduled'

/** Returns whether other jobs have to end before a job in this status is queued. */
export const isHeldUp = (status: JobStatus): boolean => status === 'created' || status === 'waiting_for_resource'

/** Returns the status of a pipeline, or of a stage, in words. */
export const pipelineStatusWords = ({ status, hasAllowedFailures }: Pick<Pipeline, 'status' | 'hasAllowedFailures'>) =>
  status === 'success' && hasAllowedFailures ? 'Passed with warnings' : JOB_STATUS_WORDS[status]

export const PIPELINE_SOURCE_WORDS = {
  push: 'Push',
  web: 'Web',
  trigger: 'Trigger',
  schedule: 'Schedule',
  api: 'API',
  external: 'External',
  pipeline: 'Another pipeline',
  chat: 'Chat',
  webide: 'Web IDE',
  merge_request_event: 'Merge request',
  external_pull_request_event: 'Pull request',
  parent_pipeline: 'Parent pipeline',
} as const

export const PIPELINE_SOURCES = Object.keys(PIPELINE_SOURCE_WORDS) as (keyof typeof PIPELINE_SOURCE_WORDS)[]

/** Returns what started a pipeline in words; an unknown source as it is. */
export const sourceWords = ({ source, run }: Pick<Pipeline, 'source' | 'run'>): string => {
  const words = (PIPELINE_SOURCE_WORDS as Readonly<Record<string, string>>)[source] ?? source.replaceAll('_', ' ')
  return run === null ? words : `Working tree (${words})`
}

export const PIPELINE_CREATOR_WORDS = { admin_token: 'Admin token', session: 'Dashboard' } as const

export const PIPELINE_CREATORS = Object.keys(PIPELINE_CREATOR_WORDS) as (keyof typeof PIPELINE_CREATOR_WORDS)[]

const HOOK_KIND_WORDS: ReadonlyMap<string, string> = new Map([
  ...([
    ['gitea', 'Gitea'],
    ['forgejo', 'Forgejo'],
    ['github', 'GitHub'],
    ['gitlab', 'GitLab'],
  ] as const),
  ...([
    ['bitbucket', 'Bitbucket'],
    ['git', 'git'],
  ] as const),
])

/** Makers without a name of their own. */
const MAKER_WORDS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(PIPELINE_CREATOR_WORDS),
  ['unknown', 'Unknown'],
])

/** Returns the creator of a pipeline in words; null for pipelines of releases that did not record it. */
export function creatorWords({ createdBy }: Pick<Pipeline, 'createdBy'>): string | null {
  if (createdBy === null) return null
  const { kind = '', name = '' } = /^(?<kind>[a-z]+):(?<name>.+)$/s.exec(createdBy)?.groups ?? {}
  const kindWords = HOOK_KIND_WORDS.get(kind)
  if (kindWords === undefined) return MAKER_WORDS.get(createdBy) ?? createdBy
  // A forge has people with any name.
  const isHere = kind === 'git' || name === 'unknown'
  return `${(isHere ? MAKER_WORDS.get(name) : undefined) ?? name} (${kindWords})`
}

/** Returns the name of a pipeline, or words that stand for it. */
export const pipelineName = ({ id, name }: Pick<Pipeline, 'id' | 'name'>): string => name ?? `Pipeline #${id}`

export const PROCESS_MODE_WORDS: Readonly<Record<ResourceGroup['mode'], string>> = {
  unordered: 'First come, first served',
  oldest_first: 'Oldest pipeline first',
  newest_first: 'Newest pipeline first',
  newest_ready_first: 'Newest ready first',
}

export const PROCESS_MODES = Object.keys(PROCESS_MODE_WORDS) as ResourceGroup['mode'][]

/** How the jobs of a pipeline can be arranged. */
export const ARRANGEMENTS = ['stage', 'needs'] as const
export type Arrangement = (typeof ARRANGEMENTS)[number]

export const RUNNER_STATUS_WORDS: Readonly<Record<Runner['status'], string>> = {
  online: 'Online',
  offline: 'Offline',
  stale: 'Stale',
  never_contacted: 'Never contacted',
}

export const RUNNER_STATUSES = Object.keys(RUNNER_STATUS_WORDS) as Runner['status'][]

export const RUNNER_TYPE_WORDS: Readonly<Record<Runner['runnerType'], string>> = {
  instance_type: 'Instance',
  group_type: 'Group',
  project_type: 'Project',
}

export const RUNNER_TYPES = Object.keys(RUNNER_TYPE_WORDS) as Runner['runnerType'][]

const REASONS: Readonly<Record<string, string>> = {
  script_failure: 'A command of the script failed',
  runner_system_failure: 'The runner failed while it prepared or ran the job',
  job_execution_timeout: 'The job took longer than its time limit',
  job_execution_server_timeout: 'The job took longer than its time limit, and the runner did not stop it',
  runner_unsupported: 'The runner lacks a feature that the job needs',
  missing_dependency_failure: 'Artifacts of an earlier job are missing',
  stuck_or_timeout_failure: 'The job was stuck',
  stuck_pending_with_matching_runners: 'It waited too long, although runners matched',
  stuck_pending_no_matching_runners: 'It waited too long, and no runner matched',
  no_updates_running: 'The runner stopped reporting while the job ran',
  no_updates_canceling: 'The runner stopped reporting while the job was being canceled',
  server_timeout_running: 'The job took longer than the server allows',
  server_timeout_canceling: 'Canceling took longer than the server allows',
  runner_provisioning_timeout: 'A runner took the job but never started it',
  runner_interrupted: 'The runner was stopped while the job ran',
  runner_configuration_error: 'The runner is misconfigured',
  runner_external_dependency_failure: 'Something the runner depends on failed',
  image_pull_failure: 'The image could not be pulled',
  trace_size_exceeded: 'The log grew beyond the limit, or the project’s storage quota is used up',
  archived_failure: 'The job is too old to run',
  project_deleted: 'The project was deleted',
  builds_disabled: 'CI is switched off for the project',
  api_failure: 'The server could not be reached',
  no_matching_runner: 'No runner matches',
  scheduler_failure: 'The job could not be given to a runner',
  data_integrity_failure: 'The stored data of the job is inconsistent',
  invalid_bridge_trigger: 'The trigger names no configuration',
  downstream_pipeline_creation_failed: 'The child pipeline could not be created',
  reached_max_descendant_pipelines_depth: 'Child pipelines of child pipelines have no children',
  reached_max_pipeline_hierarchy_size: 'There are too many pipelines below the first one',
  unknown_failure: 'The runner gave no reason',
}

/** Returns why a job failed, in words; unknown reasons are returned with spaces for underscores. */
export function failureWords(reason: string): string {
  const words = REASONS[reason] ?? reason.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Returns the meaning of an exit code where shells and runners agree on one, otherwise null. */
export function exitCodeWords(code: number): string | null {
  if (code === 126) return 'found, but not executable'
  if (code === 127) return 'command not found'
  if (code === 137) return 'killed, often because it ran out of memory'
  if (code === 143) return 'terminated'
  // Windows status codes are looked up in hexadecimal.
  if (code < 0 || code >= 2 ** 31)
    return `0x${BigInt.asUintN(code < -(2 ** 31) ? 64 : 32, BigInt(code))
      .toString(16)
      .toUpperCase()}`
  if (code > 128 && code < 160) return `ended by signal ${code - 128}`
  return null
}

export const RULE_WORDS: Readonly<Record<string, string>> = {
  scope: 'Not for this project',
  protection: 'Protected refs only',
  tags: 'Tags missing',
  untagged: 'Tagged jobs only',
  paused: 'Paused',
  offline: 'Offline',
  never_contacted: 'Never contacted',
  feature: 'Feature missing',
}

/** Splits text at commas, spaces and line breaks into distinct words. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))]

/** Returns what stands between commas; such names may contain blanks. */
export const namesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

const grouped = new Intl.NumberFormat('en')
/** Returns a number with its thousands apart: `1,612`. */
export const counted = (count: number): string => grouped.format(count)

/** Returns a share in percent with at most two decimals. */
export const percentage = (percent: number): string => `${Math.round(percent * 100) / 100} %`
