import { err, ok, type Result } from '@yardmaster/common'
import type { RegistrationDisabled, RegistrationRefused, RunnerInvalid } from '../errors.ts'
import type { NewRunner, Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { type IssuedToken, issueToken } from './issue-token.ts'
import { DEFAULT_ATTRIBUTES, invalidRunner, type RunnerChanges, withChanges } from './validate-runner.ts'

export interface Registration {
  readonly token: string | null
  readonly attributes: RunnerChanges
  /** The runner's own name. */
  readonly name: string | null
}

type Scope = Pick<NewRunner, 'runnerType' | 'groupId' | 'projectIds'>

/**
 * Registers a runner with a registration token, which decides what the runner serves. Registering twice creates two
 * runners.
 *
 * @returns `registration_disabled` for any token while registration tokens are switched off; `registration_refused` for
 * an unknown or replaced token; `runner_invalid` with every violation.
 * @see `docs/protocol/runners.md 2 and 11`
 */
export async function registerRunner(
  ports: Pick<Services, 'runners' | 'projects' | 'settings' | 'events' | 'policy' | 'clock'>,
  { token, attributes, name }: Registration,
): Promise<Result<{ id: number } & IssuedToken, RegistrationRefused | RegistrationDisabled | RunnerInvalid>> {
  if (!token) return err({ kind: 'registration_refused' })
  if (!ports.policy.registrationEnabled) return err({ kind: 'registration_disabled' })
  const scope = await scopeOf(ports, token)
  if (!scope) return err({ kind: 'registration_refused' })

  const complete = withChanges(DEFAULT_ATTRIBUTES, attributes)
  const invalid = invalidRunner(complete, name)
  if (invalid) return err(invalid)

  const { token: issued, ...stored } = issueToken(ports, 'registration_token')
  const { id } = await ports.runners.create({
    ...complete,
    ...scope,
    ...stored,
    registrationType: 'registration_token',
    creationState: 'finished',
    name,
  })
  await ports.events.publish('runners')
  return ok({ id, token: issued, tokenExpiresAt: stored.tokenExpiresAt })
}

async function scopeOf(
  { projects, settings }: Pick<Ports, 'projects' | 'settings'>,
  token: string,
): Promise<Scope | null> {
  const digest = digestOf(token)
  if (await settings.isRegistrationToken(digest)) {
    return { runnerType: 'instance_type', groupId: null, projectIds: [] }
  }
  const found = await projects.findByRegistrationToken(digest)
  if (!found) return null
  const { groupRegistration, projectRegistration } = await settings.get()
  if (found.kind === 'group') {
    return groupRegistration ? { runnerType: 'group_type', groupId: found.id, projectIds: [] } : null
  }
  return projectRegistration ? { runnerType: 'project_type', groupId: null, projectIds: [found.id] } : null
}
