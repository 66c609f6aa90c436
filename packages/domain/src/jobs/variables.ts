import type { Variable } from '@yardmaster/ci-config'
import { expandVariables } from '@yardmaster/ci-config'
import type { TakenJob } from '../ports.ts'
import type { Runner } from '../runners/runner.ts'
import { isAtLeast } from '../runners/runner-version.ts'
import type { Policy, Settings } from '../settings.ts'
import { keepToken } from './keep-token.ts'
import { type JobVariable, predefined, shown, time, toVariable } from './predefined-variables.ts'
import { directUrl, isServedHere, repositoryOf } from './repository.ts'

export type { JobVariable } from './predefined-variables.ts'

export interface JobVariablesInput {
  readonly taken: TakenJob
  readonly runner: Pick<Runner, 'id' | 'description' | 'tagList'>
  /** The version that the runner's process reports; absent or null when it reports none. */
  readonly runnerVersion?: string | null
  readonly jobToken: string
  readonly policy: Pick<Policy, 'externalUrl' | 'version'>
  readonly settings: Pick<Settings, 'supplyGitlabCi'>
  /** Variables from the dotenv reports of the jobs that this one depends on. */
  readonly dotenv?: readonly Variable[]
}

/**
 * Returns all variables of a job in rising precedence (a runner takes the last of a key), with references expanded.
 *
 * @see `docs/protocol/job-request.md 11`
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
  const direct = directUrl(project)
  return expandVariables([
    ...identity(input),
    ...predefined(input),
    repositoryUrl(repositoryOf(project, input.jobToken, input.policy.externalUrl).url),
    ...runnerOf(input),
    ...checkout(input),
    // Step syntax needs this name for itself: a runner fails a job that defines it.
    ...(definition.run ? chosen.filter(({ key }) => key !== 'STEPS') : chosen),
    ...repositorySecrets(input),
    ...(direct === null ? [] : keepToken(direct, chosen)),
  ])
}

function identity({ taken, jobToken, policy }: JobVariablesInput): JobVariable[] {
  const { job, pipeline } = taken
  return [
    shown('CI_PIPELINE_ID', pipeline.id),
    shown('CI_PIPELINE_IID', pipeline.iid),
    shown('CI_PIPELINE_URL', `${policy.externalUrl}/pipelines/${pipeline.id}`),
    shown('CI_PIPELINE_CREATED_AT', time(pipeline.createdAt)),
    shown('CI_JOB_ID', job.id),
    shown('CI_JOB_URL', `${policy.externalUrl}/jobs/${job.id}`),
    { key: 'CI_JOB_TOKEN', value: jobToken, public: false, masked: true },
  ]
}

function repositoryUrl(value: string): JobVariable {
  // It must equal `git_info.repo_url`, so a password that looks like a reference must not be expanded.
  const raw = /[$%]/.test(value) && { raw: true as const }
  return { key: 'CI_REPOSITORY_URL', value, public: false, masked: false, ...raw }
}

function runnerOf({ runner }: JobVariablesInput): JobVariable[] {
  return [
    shown('CI_RUNNER_ID', runner.id),
    shown('CI_RUNNER_DESCRIPTION', runner.description ?? ''),
    shown('CI_RUNNER_TAGS', `[${runner.tagList.map((tag) => JSON.stringify(tag)).join(', ')}]`),
  ]
}

/**
 * Skips the checkout when there is nothing to fetch, unless the job's own variables say otherwise. `empty` also removes
 * what earlier jobs left in the directory; a runner that does not support it fails the job (`docs/protocol/client.md
 * 12`).
 */
const checkout = ({ taken, runnerVersion }: JobVariablesInput): JobVariable[] => [
  ...(directUrl(taken.project) === null && !isServedHere(taken.project, taken.job)
    ? [shown('GIT_STRATEGY', isAtLeast(runnerVersion, 17, 3) ? 'empty' : 'none')]
    : []),
  ...(taken.project.sharesCheckout && directUrl(taken.project) !== null
    ? [shown('GIT_CLONE_PATH', ownDirectory(taken.project.id))]
    : []),
]

/**
 * Two projects in one directory at the same time would read each other's files. A runner that does not allow another
 * directory (`custom_build_dir`) fails the job and says so.
 */
const ownDirectory = (projectId: number): string =>
  `$CI_BUILDS_DIR/$CI_RUNNER_SHORT_TOKEN/project-${projectId}/$CI_CONCURRENT_PROJECT_ID`

/**
 * Returns masked variables with the secrets of the URL, because a runner masks only the values of masked variables.
 * They come last: a job's variable of the same name must not unmask them.
 */
const repositorySecrets = ({ taken, jobToken, policy }: JobVariablesInput): JobVariable[] =>
  repositoryOf(taken.project, jobToken, policy.externalUrl).secrets.map((value, index) => ({
    key: index === 0 ? 'CI_REPOSITORY_PASSWORD' : 'CI_REPOSITORY_PASSWORD_DECODED',
    value,
    public: false,
    masked: true,
    raw: true,
  }))
