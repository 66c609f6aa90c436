import { err, ok, type Result } from '@yardmaster/common'
import type { EnvironmentNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Environment } from './environment.ts'

/** Lets an environment not be stopped automatically, until a later job gives it another time. */
export async function keepEnvironment(
  { environments }: Pick<Ports, 'environments'>,
  id: number,
): Promise<Result<Environment, EnvironmentNotFound>> {
  for (;;) {
    const environment = await environments.find(id)
    if (!environment) return err({ kind: 'environment_not_found', id })
    if (environment.autoStopAt === null) return ok(environment)
    await environments.forgetAutoStop(environment)
  }
}
