import type { Services } from '../services.ts'
import type { Act, Actor, Conclusion, NewAuditEvent } from './audit-event.ts'

/**
 * Records an event that has happened. When writing fails, this is reported as a failed task and the caller continues: a
 * runner must not receive an error for a registration that succeeded.
 */
export async function recordEvent(
  { audit, background }: Pick<Services, 'audit' | 'background'>,
  event: NewAuditEvent,
): Promise<void> {
  try {
    await audit.add(event)
  } catch (error) {
    const of = `${event.action} of ${event.subjectKind} ${event.subjectIds.join(', ')} by ${event.actor.kind}`
    background.report(`record ${of} from ${event.actor.address}`, error)
  }
}

/**
 * Performs an act that must be on record: it is recorded before it begins, and its outcome afterwards. When the first
 * record can't be written, this rejects and nothing is done. When the second can't, the act stays `unknown`, which is
 * reported as a failed task, and its result is returned all the same.
 */
export async function doOnRecord<T>(
  { audit, background }: Pick<Services, 'audit' | 'background'>,
  { actor, ...act }: Act & { readonly actor: Actor },
  work: () => Promise<T>,
  conclude: (result: T) => Conclusion,
): Promise<T> {
  const id = await audit.add({ ...act, actor, outcome: 'unknown' })
  const end = async (conclusion: Conclusion) => {
    try {
      await audit.conclude(id, { subjectIds: act.subjectIds, details: act.details, ...conclusion })
    } catch (error) {
      background.report(`record the end of ${act.action}, audit event ${id}`, error)
    }
  }
  try {
    const result = await work()
    await end(conclude(result))
    return result
  } catch (error) {
    await end({ outcome: 'failed' })
    throw error
  }
}
