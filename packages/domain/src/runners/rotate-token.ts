import { err, ok, type Result } from '@yardmaster/common'
import type { RunnerNotFound, RunnerRefused } from '../errors.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { tickQueueValues } from '../wakeups/queue-value.ts'
import { type IssuedToken, issueToken } from './issue-token.ts'
import type { Runner } from './runner.ts'
import { forgetRunnerEntries } from './runner-entries.ts'
import { authenticateRunner } from './verify-runner.ts'

type RotatePorts = Pick<Services, 'runners' | 'contacts' | 'scratch' | 'events' | 'policy' | 'clock'>

/**
 * Replaces a runner's own token; the old one is invalid at once. If two requests use the same token, one of them wins.
 *
 * @see `docs/protocol/runners.md 6`
 */
export async function rotateOwnToken(
  ports: RotatePorts,
  { token, ipAddress }: { token: string | null; ipAddress: string | null },
): Promise<Result<{ id: number } & IssuedToken, RunnerRefused>> {
  const runner = await authenticateRunner(ports, token)
  if (!runner.ok || token === null) return err({ kind: 'runner_refused' })
  ports.contacts.note({ runnerId: runner.value.id, managerId: null, at: ports.clock.now(), ipAddress })
  const oldDigest = digestOf(token)
  const issued = await replaceToken(ports, runner.value, { id: runner.value.id, oldDigest }, oldDigest)
  return issued ? ok({ id: runner.value.id, ...issued }) : err({ kind: 'runner_refused' })
}

/** As above for an administrator, who can also renew an expired token. @see `docs/protocol/runners.md 7` */
export async function rotateTokenById(ports: RotatePorts, id: number): Promise<Result<IssuedToken, RunnerNotFound>> {
  const [runner, oldDigest] = await Promise.all([ports.runners.find(id), ports.runners.tokenDigest(id)])
  const issued = runner && (await replaceToken(ports, runner, { id }, oldDigest))
  return issued ? ok(issued) : err({ kind: 'runner_not_found', id })
}

async function replaceToken(
  ports: RotatePorts,
  { registrationType }: Runner,
  of: { id: number; oldDigest?: string },
  forgottenDigest: string | null,
): Promise<IssuedToken | null> {
  const { token, tokenDigest, tokenPrefix, tokenExpiresAt } = issueToken(ports, registrationType)
  // Read before the switch: nothing may fail afterwards, or the runner would never get its new token.
  const managers = await ports.runners.managers(of.id)
  const replaced = await ports.runners.replaceToken(of, {
    digest: tokenDigest,
    prefix: tokenPrefix,
    expiresAt: tokenExpiresAt,
  })
  if (!replaced) return null
  // The queue value belongs to the token and is deleted with it; requests held with the old token are woken and ask
  // again. The token's entry is removed too, or its processes would seem to have two entries instead of one.
  if (forgottenDigest !== null) {
    await tickQueueValues(ports, [forgottenDigest])
    await forgetRunnerEntries(
      ports,
      forgottenDigest,
      managers.map(({ systemId }) => systemId),
    )
  }
  await ports.events.publish('runners')
  return { token, tokenExpiresAt }
}
