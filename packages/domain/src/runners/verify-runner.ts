import { err, ok, type Result } from '@yardmaster/common'
import type { RunnerRefused } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { digestOf } from '../tokens.ts'
import { type Heartbeat, recordHeartbeat } from './record-heartbeat.ts'
import { LEGACY_SYSTEM_ID, type Runner } from './runner.ts'

/**
 * Finds the runner of a token and records a heartbeat. Paused runners verify, too. @see `docs/protocol/runners.md 3`
 */
export async function verifyRunner(
  ports: Pick<Services, 'runners' | 'contacts' | 'events' | 'clock'>,
  heartbeat: Omit<Heartbeat, 'finishesCreation'>,
): Promise<Result<Runner, RunnerRefused>> {
  const seen = await recordHeartbeat(ports, heartbeat)
  return seen.ok ? ok(seen.value.runner) : seen
}

/** Finds the runner of a token, and records neither a heartbeat nor a manager. */
export async function authenticateRunner(
  { runners }: Pick<Ports, 'runners'>,
  token: string | null | undefined,
): Promise<Result<Runner, RunnerRefused>> {
  const found = token ? await runners.authenticate(digestOf(token), LEGACY_SYSTEM_ID) : null
  return found ? ok(found.runner) : err({ kind: 'runner_refused' })
}
