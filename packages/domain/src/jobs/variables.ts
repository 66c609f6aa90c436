import type { TakenJob } from '../ports.ts'
import type { Variable } from '../projects/project.ts'
import type { Runner } from '../runners/runner.ts'
import { isAtLeast } from '../runners/runner-version.ts'
import type { Policy, Settings } from '../settings.ts'
import { expandVariables } from './expand-variables.ts'
import { keepToken } from './keep-token.ts'
import { repositoryOf, UNKNOWN_SHA } from './repository.ts'
import { groupName, slug } from './slug.ts'

/** A variable as it goes to a runner. */
export interface JobVariable {
  readonly key: string
  readonly value: string
  /** False: not passed to service containers. */
  readonly public: boolean
  /** Replaced by `[MASKED]` in the log, by the runner. */
  readonly masked: boolean
  /** Only when true. */
  readonly file?: true
  readonly raw?: true
}

export interface JobVariablesInput {
  readonly taken: TakenJob
  readonly runner: Pick<Runner, 'id' | 'description' | 'tagList'>
  /** As the runner's process says it; absent or null when it says nothing. */
  readonly runnerVersion?: string | null
  readonly jobToken: string
  readonly policy: Pick<Policy, 'externalUrl' | 'version'>
  readonly settings: Pick<Settings, 'supplyGitlabCi'>
  /** From the dotenv reports of the jobs this one depends on. */
  readonly dotenv?: readonly Variable[]
}

/**
 * All variables of a job in rising precedence (a runner takes the last of a key), references among them expanded.
 *
 * @see `job-request.md` 11
 */
export function jobVariables(input: JobVariablesInput): JobVariable[] {
  const { definition, job, pipeline, project } = input.taken
  const chosen = [
    ...definition.variables.map((variable) => toVariable(variable, true)),
    ...(input.dotenv ?? []).map((variable) => toVariable(variable, true)),
    ...project.variables
      .filter((variable) => job.protected || !variable.protected)
      .map((variable) => toVariable(variable, false)),
    ...pipeline.variables.map((variable) => toVariable(variable, variable.public ?? false)),
  ]
  return expandVariables([
    ...identity(input),
    ...about(input),
    ...server(input),
    ...projectOf(input),
    ...commit(input),
    ...runnerOf(input),
    ...checkout(input),
    // Step syntax needs this name for itself: a runner fails a job that brings its own.
    ...(definition.run ? chosen.filter(({ key }) => key !== 'STEPS') : chosen),
    ...repositorySecrets(input),
    ...(project.repoUrl === null ? [] : keepToken(project.repoUrl, chosen)),
  ])
}

const shown = (key: string, value: string | number): JobVariable => ({
  key,
  value: String(value),
  public: true,
  masked: false,
})

const toVariable = (variable: Variable, isPublic: boolean): JobVariable => ({
  key: variable.key,
  value: variable.value,
  public: isPublic,
  masked: variable.masked ?? false,
  ...(variable.file && { file: true }),
  ...(variable.raw && { raw: true }),
})

/** ISO 8601, to the second. */
const time = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

function identity({ taken, jobToken, policy }: JobVariablesInput): JobVariable[] {
  const { job, pipeline } = taken
  return [
    shown('CI_PIPELINE_ID', pipeline.id),
    shown('CI_PIPELINE_IID', pipeline.iid),
    shown('CI_PIPELINE_SOURCE', pipeline.source),
    shown('CI_PIPELINE_CREATED_AT', time(pipeline.createdAt)),
    shown('CI_JOB_ID', job.id),
    shown('CI_JOB_URL', `${policy.externalUrl}/jobs/${job.id}`),
    { key: 'CI_JOB_TOKEN', value: jobToken, public: false, masked: true },
  ]
}

function about({ taken, settings }: JobVariablesInput): JobVariable[] {
  const { job, definition } = taken
  return [
    shown('CI_JOB_NAME', job.name),
    shown('CI_JOB_NAME_SLUG', slug(job.name)),
    shown('CI_JOB_GROUP_NAME', groupName(job.name)),
    shown('CI_JOB_STAGE', job.stage),
    ...(job.startedAt ? [shown('CI_JOB_STARTED_AT', time(job.startedAt))] : []),
    ...(definition.when === 'manual' ? [shown('CI_JOB_MANUAL', 'true')] : []),
    shown('CI_NODE_TOTAL', 1),
    shown('CI', 'true'),
    ...(settings.supplyGitlabCi ? [shown('GITLAB_CI', 'true')] : []),
  ]
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

function server({ policy }: JobVariablesInput): JobVariable[] {
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

function projectOf({ taken, jobToken, policy }: JobVariablesInput): JobVariable[] {
  const { project } = taken
  const segments = project.path.split('/')
  const namespace = segments.slice(0, -1).join('/')
  return [
    shown('CI_PROJECT_ID', project.id),
    shown('CI_PROJECT_NAME', segments.at(-1) ?? project.path),
    shown('CI_PROJECT_TITLE', project.name),
    shown('CI_PROJECT_PATH', project.path),
    shown('CI_PROJECT_PATH_SLUG', slug(project.path)),
    // A project outside all groups has none of these.
    ...(namespace === ''
      ? []
      : [
          shown('CI_PROJECT_NAMESPACE', namespace),
          shown('CI_PROJECT_ROOT_NAMESPACE', segments[0] ?? namespace),
          ...(project.groupId === null ? [] : [shown('CI_PROJECT_NAMESPACE_ID', project.groupId)]),
        ]),
    shown('CI_DEFAULT_BRANCH', project.defaultBranch),
    repositoryUrl(repositoryOf(project, jobToken, policy.externalUrl).url),
  ]
}

function repositoryUrl(value: string): JobVariable {
  // It equals `git_info.repo_url`, so a password that looks like a reference must not be taken for one.
  const raw = /[$%]/.test(value) && { raw: true as const }
  return { key: 'CI_REPOSITORY_URL', value, public: false, masked: false, ...raw }
}

function commit({ taken }: JobVariablesInput): JobVariable[] {
  const { sha, ref, tag, protected: isProtected } = taken.job
  return [
    ...(sha === null ? [] : [shown('CI_COMMIT_SHA', sha), shown('CI_COMMIT_SHORT_SHA', sha.slice(0, 8))]),
    shown('CI_COMMIT_BEFORE_SHA', UNKNOWN_SHA),
    shown('CI_COMMIT_REF_NAME', ref),
    shown('CI_COMMIT_REF_SLUG', slug(ref)),
    shown(tag ? 'CI_COMMIT_TAG' : 'CI_COMMIT_BRANCH', ref),
    shown('CI_COMMIT_REF_PROTECTED', String(isProtected)),
  ]
}

function runnerOf({ runner }: JobVariablesInput): JobVariable[] {
  return [
    shown('CI_RUNNER_ID', runner.id),
    shown('CI_RUNNER_DESCRIPTION', runner.description ?? ''),
    shown('CI_RUNNER_TAGS', `[${runner.tagList.map((tag) => JSON.stringify(tag)).join(', ')}]`),
  ]
}

/**
 * Where there is nothing to fetch nothing is fetched, unless the job's own variables say otherwise. `empty` also removes
 * what earlier jobs left in the directory; a runner that does not know the word fails the job (`client.md` 12).
 */
const checkout = ({ taken, runnerVersion }: JobVariablesInput): JobVariable[] => [
  ...(taken.project.repoUrl === null
    ? [shown('GIT_STRATEGY', isAtLeast(runnerVersion, 17, 3) ? 'empty' : 'none')]
    : []),
  ...(taken.project.sharesCheckout ? [shown('GIT_CLONE_PATH', ownDirectory(taken.project.id))] : []),
]

/**
 * Two projects in one directory at the same time would read each other's files. A runner that does not allow another
 * directory (`custom_build_dir`) fails the job and says so.
 */
const ownDirectory = (projectId: number): string =>
  `$CI_BUILDS_DIR/$CI_RUNNER_SHORT_TOKEN/project-${projectId}/$CI_CONCURRENT_PROJECT_ID`

/**
 * A runner masks nothing but the values of masked variables, so a URL's password is one. They come last: a job that has
 * a variable of that name must not unmask it.
 */
const repositorySecrets = ({ taken, jobToken, policy }: JobVariablesInput): JobVariable[] =>
  repositoryOf(taken.project, jobToken, policy.externalUrl).secrets.map((value, index) => ({
    key: index === 0 ? 'CI_REPOSITORY_PASSWORD' : 'CI_REPOSITORY_PASSWORD_DECODED',
    value,
    public: false,
    masked: true,
    raw: true,
  }))
