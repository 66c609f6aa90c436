import { err, ok, type Result } from '@yardmaster/common'
import type { ChangedSince, ManagerNotFound, RunnerNotFound, RunnerRefused } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { tickQueueValues } from '../wakeups/queue-value.ts'
import { LEGACY_SYSTEM_ID, type Manager } from './runner.ts'
import { forgetRunnerEntries } from './runner-entries.ts'

type RemovePorts = Pick<Ports, 'runners' | 'scratch' | 'events'>

/**
 * Removes the runner of a token with its managers and its queue value. Its running jobs go on under their own tokens.
 *
 * @param unlessChangedAfter - refuse with `changed_since` if its settings changed later.
 * @see `docs/protocol/runners.md 4`; `docs/protocol/common.md 12`
 */
export async function removeRunner(
  ports: RemovePorts,
  { token, unlessChangedAfter }: { token: string | null; unlessChangedAfter?: Date | undefined },
): Promise<Result<{ id: number }, RunnerRefused | ChangedSince>> {
  if (!token) return err({ kind: 'runner_refused' })
  const digest = digestOf(token)
  const found = await ports.runners.authenticate(digest, LEGACY_SYSTEM_ID)
  if (!found) return err({ kind: 'runner_refused' })
  const managers = await ports.runners.managers(found.runner.id)
  if (!(await ports.runners.remove(found.runner.id, unlessChangedAfter))) {
    // Two callers may remove it at once: for the second, the token is unknown by now.
    const isThere = await ports.runners.authenticate(digest, LEGACY_SYSTEM_ID)
    return err({ kind: isThere ? 'changed_since' : 'runner_refused' })
  }
  await forget(ports, digest, managers)
  return ok({ id: found.runner.id })
}

/** As `removeRunner`, for an administrator. */
export async function removeRunnerById(ports: RemovePorts, id: number): Promise<Result<null, RunnerNotFound>> {
  const [digest, managers] = await Promise.all([ports.runners.tokenDigest(id), ports.runners.managers(id)])
  if (!(await ports.runners.remove(id))) return err({ kind: 'runner_not_found', id })
  await forget(ports, digest, managers)
  return ok(null)
}

/** Deletes the queue value of a token, without which it can't be held: held requests are woken and refused. */
async function forget(
  ports: Pick<Ports, 'scratch' | 'events'>,
  digest: string | null,
  managers: readonly Manager[],
): Promise<void> {
  if (digest !== null) {
    await tickQueueValues(ports, [digest])
    await forgetRunnerEntries(ports, digest, systemIdsOf(managers))
  }
  await ports.events.publish('runners')
}

const systemIdsOf = (managers: readonly Manager[]): string[] => managers.map(({ systemId }) => systemId)

/**
 * Removes one manager. Its runner stays, and the manager is created again by its next request.
 *
 * @see `docs/protocol/runners.md 5`
 */
export async function removeManager(
  ports: RemovePorts & Pick<Services, 'contacts'>,
  {
    token,
    systemId,
    unlessChangedAfter,
  }: { token: string | null; systemId: string; unlessChangedAfter?: Date | undefined },
): Promise<Result<{ runnerId: number; managerId: number }, RunnerRefused | ManagerNotFound | ChangedSince>> {
  const { runners, contacts, events } = ports
  if (!token) return err({ kind: 'runner_refused' })
  const digest = digestOf(token)
  const found = await runners.authenticate(digest, systemId)
  if (!found) return err({ kind: 'runner_refused' })
  if (!found.manager) return err({ kind: 'manager_not_found' })
  // A contact written after the removal would make a runner without managers look alive.
  await contacts.flush()
  if (!(await runners.removeManager(found.manager.id, unlessChangedAfter))) {
    const isThere = await runners.findManager(found.runner.id, systemId)
    return err({ kind: isThere ? 'changed_since' : 'manager_not_found' })
  }
  await forgetRunnerEntries(ports, digest, [systemId])
  await events.publish('runners')
  return ok({ runnerId: found.runner.id, managerId: found.manager.id })
}
