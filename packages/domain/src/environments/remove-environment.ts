import { err, ok, type Result } from '@yardmaster/common'
import type { EnvironmentNotFound, EnvironmentNotStopped } from '../errors.ts'
import type { Ports } from '../ports.ts'

/**
 * Removes an environment that is stopped. Its jobs stay. A later job that names it brings it back, without the
 * deployments that it had.
 *
 * @see `docs/pipelines.md 11`
 */
export async function removeEnvironment(
  { environments, events }: Pick<Ports, 'environments' | 'events'>,
  id: number,
): Promise<Result<null, EnvironmentNotFound | EnvironmentNotStopped>> {
  if (!(await environments.remove(id))) {
    const environment = await environments.find(id)
    if (!environment) return err({ kind: 'environment_not_found', id })
    return err({ kind: 'environment_not_stopped', id, state: environment.state })
  }
  // Views of environments follow the changes of pipelines.
  await events.publish('pipelines')
  return ok(null)
}
