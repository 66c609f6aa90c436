import { err, ok, type Result } from '@yardmaster/common'
import type { RunnerRefused } from '../errors.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { managerDetails, type ReportedInfo, saysMore } from './manager-details.ts'
import { LEGACY_SYSTEM_ID, type Manager, type Runner } from './runner.ts'

/** A queue value lives an hour, and runners seen within three hours are woken (`docs/protocol/job-request.md 3`). */
const LONGEST_UNSTORED_MS = 3_600_000

export interface Heartbeat {
  readonly token: string | null
  /** Null or blank when the runner is too old to have one. */
  readonly systemId: string | null
  readonly info: ReportedInfo | null
  readonly ipAddress: string | null
  /** A request for work also completes the runner's creation (`docs/protocol/runners.md 1`). */
  readonly finishesCreation?: boolean
  /** Whether it has just asked for work. */
  readonly asks?: boolean
}

export interface RunnerWithManager {
  readonly runner: Runner
  readonly manager: Manager
}

/**
 * Authenticates a runner by its token and records the heartbeat of its manager. Writes only for a manager that is new,
 * has new details or was silent for an hour; the contact itself is collected.
 *
 * @returns `runner_refused` for a token that is unknown, removed or expired.
 * @see `docs/protocol/common.md 9`; `docs/protocol/runners.md 10`
 */
export async function recordHeartbeat(
  ports: Pick<Services, 'runners' | 'contacts' | 'events' | 'clock'>,
  { token, systemId, info, ipAddress, finishesCreation = false, asks = false }: Heartbeat,
): Promise<Result<RunnerWithManager, RunnerRefused>> {
  const { runners, contacts, events, clock } = ports
  if (!token) return err({ kind: 'runner_refused' })
  const tokenDigest = digestOf(token)
  const managerName = systemIdOf(systemId)
  const found = await runners.authenticate(tokenDigest, managerName)
  if (!found) return err({ kind: 'runner_refused' })

  let { runner, manager } = found
  const details = managerDetails(info, ipAddress)
  const at = clock.now()
  let changed = false
  try {
    // A manager that was silent is written at once: purging reads what is stored, and must not remove it.
    if (!manager || saysMore(details, manager) || isUnstored(manager, at)) {
      manager = await runners.seeManager(runner.id, managerName, details, at)
      changed = true
    }
    if (finishesCreation && runner.creationState === 'started') {
      await runners.finishCreation(runner.id)
      runner = { ...runner, creationState: 'finished' }
      changed = true
    }
  } catch (error) {
    // The runner was removed between the two statements, which is a refusal and not an error.
    if (await runners.authenticate(tokenDigest, managerName)) throw error
    return err({ kind: 'runner_refused' })
  }
  const known = { runnerId: runner.id, managerId: manager.id }
  contacts.remember({ tokenDigest, systemId: managerName }, known)
  contacts.note({ ...known, at, ipAddress, askedAt: asks ? at : null })
  // A new job wakes the runners that are stored as recently seen. A runner may get a queue value only if it is among
  // them for as long as the value lives; otherwise it would miss jobs.
  if (isUnstored(runner, at)) await contacts.write()
  if (changed) await events.publish('runners')
  return ok({ runner, manager })
}

const isUnstored = ({ contactedAt }: Pick<Runner, 'contactedAt'>, at: Date): boolean =>
  !contactedAt || at.getTime() - contactedAt.getTime() > LONGEST_UNSTORED_MS

/** Returns the name of a manager; one that sends none gets the legacy name. */
export const systemIdOf = (sent: string | null | undefined): string =>
  sent === null || sent === undefined || sent.trim() === '' ? LEGACY_SYSTEM_ID : sent
