import { mostRetries } from '@yardmaster/domain'
import type { World } from './world.ts'

/** What any definition here, or the server by itself, allows at most. */
const MOST = 2

interface Attempts {
  name: string
  ids: number[]
}

/** Jobs that were tried again more often than they allow and anybody asked for. */
export async function tooManyAttempts({ database: { db }, retriesAsked }: World): Promise<string[]> {
  const all = await db.query<Attempts>(
    `select name, array_agg(id order by id) as ids
       from jobs group by pipeline_id, name having count(*) > ${MOST + 1}`,
  )
  return all.flatMap(({ name, ids }) => {
    const asked = ids.reduce((sum, id) => sum + (retriesAsked.get(id) ?? 0), 0)
    return ids.length - 1 <= MOST + asked ? [] : [`${name} was tried ${ids.length} times, asked for ${asked}: ${ids}`]
  })
}

/** Jobs that failed, are to be tried again by themselves, and never were. */
export async function missedRetries({ database: { db, stores } }: World): Promise<string[]> {
  const failed = await db.query<{ id: number; failure_reason: string; exit_code: number | null }>(
    `select j.id, failure_reason, exit_code
       from jobs j join projects p on p.id = j.project_id and p.deleted_at is null
      where status = 'failed' and retried_by is null`,
  )
  const missed: string[] = []
  for (const { id, failure_reason, exit_code } of failed) {
    const definition = await stores.jobs.definition(id)
    const most = definition && definition !== 'newer' ? mostRetries(definition.retry, failure_reason, exit_code) : 0
    const earlier = await stores.jobs.earlierAttempts(id)
    if (most > earlier) missed.push(`job ${id} failed with ${failure_reason} after ${earlier} attempts of ${most}`)
  }
  return missed
}
