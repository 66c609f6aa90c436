import { digestOf, type Services } from '@yardmaster/domain'
import { type Actor, type Outcome, recordEvent, sessionPrefix } from '@yardmaster/domain/audit'

/** Anyone may try to sign in, so at most this many refusals are recorded; the rest are only counted. */
const REFUSALS_PER_MINUTE = 20
const MINUTE_MS = 60_000

/** Records sign-ins, sign-outs and refused sign-ins as audit events. */
export function auditSignIns(services: Pick<Services, 'audit' | 'background' | 'clock'>) {
  let minute = 0
  let refusals = 0
  let unrecorded = 0

  const note = (action: string, actor: Actor, outcome: Outcome, details: Readonly<Record<string, unknown>> = {}) =>
    recordEvent(services, { action, actor, outcome, details, subjectKind: 'session', subjectIds: [] })

  return {
    signedIn: (kind: 'admin_token' | 'sign_in_link', address: string | null, session: string) =>
      note('sessions.signIn', { kind, address, session: sessionPrefix(digestOf(session)) }, 'done'),

    signedOut: (address: string | null, session: string) =>
      note('sessions.signOut', { kind: 'session', address, session: sessionPrefix(digestOf(session)) }, 'done'),

    /** @param withA - the wrong credential. */
    async refused(withA: 'token' | 'link', address: string | null): Promise<void> {
      const now = Math.floor(services.clock.now().getTime() / MINUTE_MS)
      if (now !== minute) {
        minute = now
        refusals = 0
      }
      refusals += 1
      if (refusals > REFUSALS_PER_MINUTE) {
        unrecorded += 1
        return
      }
      const details = { with: withA, ...(unrecorded > 0 && { unrecordedBefore: unrecorded }) }
      unrecorded = 0
      await note('sessions.signIn', { kind: 'nobody', address }, 'refused', details)
    },
  }
}
