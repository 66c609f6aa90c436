import { randomUUID } from 'node:crypto'
import type { IdToken } from '@yardmaster/ci-config'
import type { TakenJob } from '../ports.ts'
import { isProtectedEnvironment } from '../projects/project.ts'
import type { Runner } from '../runners/runner.ts'
import type { Policy } from '../settings.ts'
import { LONGEST_TOKEN_SECONDS } from './key-schedule.ts'

/** Seconds by which a token is valid before it is made, for services whose clocks are slow. */
const BEFORE_SECONDS = 5

/** The claims that an id token may have, by the names of the standard and of the reference. */
export const ID_TOKEN_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...['namespace_id', 'namespace_path', 'project_id', 'project_path', 'project_visibility'],
  ...['job_namespace_id', 'job_namespace_path', 'job_project_id', 'job_project_path'],
  ...['pipeline_id', 'pipeline_source', 'job_id', 'ref', 'ref_type', 'ref_path', 'ref_protected', 'sha'],
  ...['environment', 'environment_protected', 'deployment_tier', 'environment_action'],
  ...['runner_id', 'runner_environment'],
] as const

export interface TokenFacts {
  readonly taken: Pick<TakenJob, 'job' | 'definition' | 'project' | 'pipeline'>
  readonly runner: Pick<Runner, 'id'>
  readonly policy: Pick<Policy, 'externalUrl'>
}

/**
 * Returns what a token says of a job. Ids are texts, except for that of the runner; what is not known is left out.
 *
 * @param aud - with variables put in.
 * @see `docs/pipelines.md#id-tokens`
 */
export function claimsOf(
  facts: TokenFacts,
  { sourceProject }: IdToken,
  { aud, now }: { aud: IdToken['aud']; now: Date },
): Record<string, unknown> {
  const { taken, runner, policy } = facts
  const { job, project, pipeline } = taken
  const seconds = Math.floor(now.getTime() / 1000)
  const refType = job.tag ? 'tag' : 'branch'
  return {
    iss: policy.externalUrl,
    sub: `project_path:${sourceProject ?? project.path}:ref_type:${refType}:ref:${job.ref}`,
    aud,
    exp: seconds + Math.min(job.timeout ?? project.timeout, LONGEST_TOKEN_SECONDS),
    nbf: seconds - BEFORE_SECONDS,
    iat: seconds,
    jti: randomUUID(),
    ...(sourceProject === null ? idsOf(project, '') : pathsOf(sourceProject, '')),
    project_visibility: 'private',
    ...idsOf(project, 'job_'),
    pipeline_id: String(pipeline.id),
    pipeline_source: pipeline.source,
    job_id: String(job.id),
    ref: job.ref,
    ref_type: refType,
    ref_path: `refs/${job.tag ? 'tags' : 'heads'}/${job.ref}`,
    ref_protected: String(job.protected),
    ...(job.sha !== null && { sha: job.sha }),
    ...environmentOf(taken),
    runner_id: runner.id,
    runner_environment: 'self-hosted',
  }
}

function idsOf({ id, path, groupId }: TakenJob['project'], prefix: string): Record<string, string> {
  return {
    [`${prefix}project_id`]: String(id),
    ...pathsOf(path, prefix),
    ...(groupId !== null && { [`${prefix}namespace_id`]: String(groupId) }),
  }
}

/** A project outside of all groups has no namespace. */
function pathsOf(path: string, prefix: string): Record<string, string> {
  const end = path.lastIndexOf('/')
  return {
    [`${prefix}project_path`]: path,
    ...(end > 0 && { [`${prefix}namespace_path`]: path.slice(0, end) }),
  }
}

function environmentOf({
  job,
  definition,
  project,
}: Pick<TakenJob, 'job' | 'definition' | 'project'>): Record<string, string> {
  if (job.environment === null) return {}
  // The first of a name is the one that came with the environment; the job's own variables follow.
  const first = (key: string) => definition.variables.find((variable) => variable.key === key)?.value
  return {
    environment: job.environment,
    environment_protected: String(isProtectedEnvironment(project.protectedEnvironments, job.environment)),
    deployment_tier: first('CI_ENVIRONMENT_TIER') ?? 'other',
    environment_action: first('CI_ENVIRONMENT_ACTION') ?? 'start',
  }
}
