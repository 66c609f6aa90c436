import type { Variable } from '@yardmaster/ci-config'
import { ok, type Result } from '@yardmaster/common'
import { signIdTokens } from '../id-tokens/sign-id-tokens.ts'
import { type JobVariable, jobVariables } from '../jobs/variables.ts'
import type { Dependency, TakenJob } from '../ports.ts'
import { seenFromFork } from '../projects/seen-from-fork.ts'
import type { RunnerWithManager } from '../runners/record-heartbeat.ts'
import type { Services } from '../services.ts'
import type { Settings } from '../settings.ts'
import { findFamilyDependencies } from './find-family-dependencies.ts'
import type { HandOverFailure } from './hand-over-failure.ts'

/** Everything that is sent to a runner with a job. */
export interface HandedJob extends RunnerWithManager {
  readonly taken: TakenJob
  readonly jobToken: string
  readonly settings: Pick<Settings, 'supplyGitlabCi'>
  /** In rising precedence, with references expanded. */
  readonly variables: readonly JobVariable[]
  /** The jobs whose artifacts are fetched first. */
  readonly dependencies: readonly Dependency[]
}

/** A job with one of these shows every variable in its log (`docs/protocol/trace.md 6`). */
const DEBUG_VARIABLES = ['CI_DEBUG_TRACE', 'CI_DEBUG_SERVICES']

/**
 * Gathers what a runner needs for a job that it has just been assigned, and marks the job if its log shows all
 * variables.
 *
 * @returns `missing_dependency_failure` when a job of another pipeline that it depends on is missing.
 */
export async function gatherJob(
  services: Pick<Services, 'settings' | 'artifacts' | 'jobs' | 'pipelines' | 'policy' | 'issuer' | 'clock'>,
  { runner, manager }: RunnerWithManager,
  claimed: TakenJob,
  jobToken: string,
): Promise<Result<HandedJob, HandOverFailure>> {
  const { settings, artifacts, jobs, policy } = services
  const known = await settings.get()
  // Here for everything that the runner is sent, so that nothing secret is in it, whatever the payload is made of.
  const taken = claimed.pipeline.fromFork ? { ...claimed, project: seenFromFork(claimed.project) } : claimed
  const given = { taken, runner, runnerVersion: manager.version, jobToken, policy, settings: known }
  const inFamily =
    taken.definition.familyDependencies.length === 0
      ? ok([])
      : await findFamilyDependencies(services, taken, jobVariables(given))
  if (!inFamily.ok) return inFamily
  const ids = [...new Set([...taken.job.dependencies, ...inFamily.value])]
  // Most jobs have no dependencies and need no query.
  const dependencies = ids.length === 0 ? [] : await artifacts.dependencies(ids)
  // Of two variables that they report under one name the later job's counts.
  const dotenv: readonly Variable[] = dependencies.toSorted((a, b) => a.id - b.id).flatMap((one) => one.dotenv)
  const variables = jobVariables({ ...given, dotenv })
  if (isDebug(variables)) await jobs.markDebug(taken.job.id)
  // Before the others, so that a variable that the job gets under the same name counts, as in the reference.
  const tokens = await signIdTokens(services, { taken, runner, policy }, variables)
  return ok({ taken, runner, manager, jobToken, settings: known, variables: [...tokens, ...variables], dependencies })
}

const isDebug = (variables: readonly JobVariable[]): boolean =>
  DEBUG_VARIABLES.some((key) => variables.findLast((one) => one.key === key)?.value.toLowerCase() === 'true')
