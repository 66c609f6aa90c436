import { mostRetries } from '@yardmaster/domain/processing'
import type { World } from './world.ts'

/** The most retries that a definition here, or the server itself, allows. */
const MOST = 2

interface Attempts {
  name: string
  ids: number[]
}

/** Returns jobs that were retried more often than allowed and requested. */
export async function tooManyAttempts({ database: { db }, retriesRequested }: World): Promise<string[]> {
  const all = await db.query<Attempts>(
    `select name, array_agg(id order by id) as ids
       from jobs group by pipeline_id, name having count(*) > ${MOST + 1}`,
  )
  return all.flatMap(({ name, ids }) => {
    const requested = ids.reduce((sum, id) => sum + (retriesRequested.get(id) ?? 0), 0)
    return ids.length - 1 <= MOST + requested
      ? []
      : [`${name} was tried ${ids.length} times with ${requested} requested retries: ${ids}`]
  })
}

/** Returns failed jobs that should have been retried automatically and were not. */
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
