import { err, ok, type Result } from '@yardmaster/common'
import type { EnvironmentNotFound, EnvironmentNotStoppable } from '../errors.ts'
import { isRetryable } from '../jobs/job.ts'
import { canMove } from '../jobs/moves.ts'
import { playJob } from '../processing/play-job.ts'
import { type RetryPorts, retryJob } from '../processing/retry-job.ts'
import type { Services } from '../services.ts'
import type { Environment, StopJob } from './environment.ts'

export type StopPorts = RetryPorts & Pick<Services, 'environments'>

/**
 * Runs the job that stops an environment, or marks it as stopped when its last successful deployment named none.
 *
 * @param force - marks it as stopped without running a job.
 * @returns the environment afterwards; `environment_not_stoppable` when it is stopped or being stopped already, or when
 * its job cannot be run now.
 * @see `docs/pipelines.md 11`
 */
export async function stopEnvironment(
  ports: StopPorts,
  { id, force = false }: { readonly id: number; readonly force?: boolean | undefined },
): Promise<Result<Environment, EnvironmentNotFound | EnvironmentNotStoppable>> {
  const environment = await ports.environments.find(id)
  if (!environment) return err({ kind: 'environment_not_found', id })
  const { state, stopJob, name } = environment
  const refuse = (reason: string) => err({ kind: 'environment_not_stoppable' as const, id, state, reason })
  if (state === 'stopped') return refuse(`The environment ${name} is stopped already.`)
  if (force || !stopJob) {
    await markStopped(ports, environment)
  } else {
    if (state === 'stopping') return refuse(`A job is stopping the environment ${name} already.`)
    const refusal = await run(ports, stopJob)
    if (refusal !== null) return refuse(`${refusal} With force, the environment is marked as stopped without it.`)
    await ports.environments.forgetAutoStop(environment)
  }
  const now = await ports.environments.find(id)
  return now ? ok(now) : err({ kind: 'environment_not_found', id })
}

/** Runs the job that stops an environment. Returns a sentence when it cannot be run. */
export async function run(ports: RetryPorts, { id, name, status }: StopJob): Promise<string | null> {
  const again = isRetryable(status)
  if (!again && !canMove(status, 'play')) return `Job ${id} (${name}), which stops it, is ${status}.`
  const begun = await (again ? retryJob(ports, id) : playJob(ports, id))
  if (begun.ok) return null
  const reason = begun.error.kind === 'transition_impossible' ? begun.error.reason : undefined
  return reason ?? `Job ${id} (${name}), which stops it, cannot be run now.`
}

/** Marks an environment as stopped, without running a job. Views of environments follow the changes of pipelines. */
export async function markStopped(ports: StopPorts, environment: Environment): Promise<void> {
  if (await ports.environments.markStopped(environment)) await ports.events.publish('pipelines')
}
