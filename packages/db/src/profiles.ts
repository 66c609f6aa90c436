import type { Database } from './database.ts'

const UNUSED = `
select p.id
  from job_profiles p
 where p.id = any ($1::integer[]) and not exists (select from jobs j where j.profile_id = p.id)`

/**
 * Removes those of the given profiles that no job has any more. A transaction that creates jobs shares a lock until its
 * end (the function `job_profile` of the migrations): with the lock held alone, all of its jobs are seen, and a later
 * one finds no profile and adds it again.
 *
 * A profile whose last job is deleted by a process that dies at once stays. It costs a search nothing that grows.
 */
export async function removeUnusedProfiles(db: Database, ids: readonly number[]): Promise<void> {
  const unused = await db.query<{ id: number }>(UNUSED, [ids])
  if (unused.length === 0) return
  await db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtext('yardmaster job profiles'))")
    await tx.query(`delete from job_profiles where id in (${UNUSED})`, [unused.map(({ id }) => id)])
  })
}
