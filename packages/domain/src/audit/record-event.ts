import type { Services } from '../services.ts'
import type { Act, Actor, Conclusion, NewAuditEvent } from './audit-event.ts'

/**
 * Notes what has happened. When that can't be written down it is reported as a failed task, and the caller goes on: a
 * runner must not be told that its registration failed when it has not.
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
 * Does something that nobody may do unseen: it is noted before it begins, and its end afterwards. When the first note
 * can't be written this rejects and nothing was done; when the second can't, the act stays `unknown`, which is reported
 * as a failed task, and its result is still the result.
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
