import type { Result } from '@yardmaster/common'
import type { Services } from '@yardmaster/domain'
import { type Act, type Actor, doOnRecord, recordEvent } from '@yardmaster/domain/audit'
import type { Request } from 'express'
import { clientAddress, type TrustedProxies } from '../http/client-address.ts'

/** Records what a runner did to itself. */
export type RunnerRecorder = (
  req: Request,
  kind: 'runner' | 'registration_token',
  action: string,
  runnerId: number,
  details?: Act['details'],
) => Promise<void>

/** Performs a user's request and records it as an audit event. */
export type UserRecorder = <T, E>(
  req: Request,
  act: Pick<Act, 'action' | 'subjectIds'>,
  work: () => Promise<Result<T & { id?: number }, E>>,
) => Promise<Result<T & { id?: number }, E>>

export function auditRunners({
  services,
  trustedProxies,
}: {
  services: Pick<Services, 'audit' | 'background'>
  trustedProxies: TrustedProxies
}): { record: RunnerRecorder; onRecord: UserRecorder } {
  const actor = (req: Request, kind: Actor['kind']): Actor => ({ kind, address: clientAddress(req, trustedProxies) })

  const record: RunnerRecorder = (req, kind, action, runnerId, details = {}) =>
    recordEvent(services, {
      actor: actor(req, kind),
      action,
      subjectKind: 'runner',
      subjectIds: [runnerId],
      outcome: 'done',
      details,
    })

  const onRecord: UserRecorder = (req, act, work) =>
    doOnRecord(
      services,
      {
        ...act,
        actor: actor(req, 'user_token'),
        subjectKind: 'runner',
        subjectIds: act.subjectIds.filter(isId),
        details: {},
      },
      work,
      (result) => {
        if (!result.ok) return { outcome: 'refused' }
        const { id } = result.value
        return { outcome: 'done', ...(id !== undefined && { subjectIds: [id] }) }
      },
    )
  return { record, onRecord }
}

/** The id in an address may be any number; those that no runner can have are not kept. */
const isId = (id: number): boolean => Number.isInteger(id) && id > 0 && id <= 2_147_483_647
