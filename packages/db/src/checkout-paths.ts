import { checkoutPath } from '@yardmaster/domain/projects'
import { readIfPossible } from './damage.ts'
import type { Database } from './database.ts'
import { placeOf, type SecretBox } from './secrets.ts'

/**
 * Returns the expression for a project's checkout directory: its repository's path, or the path of the project itself.
 */
const directoryOf = (project: string): string => `coalesce(${project}.checkout_path, '/' || lower(${project}.path))`

/** Whether an older project has the same checkout directory as `p`, and therefore precedence. */
export const SHARES_CHECKOUT = `exists (
  select from projects o where o.deleted_at is null and o.id < p.id and ${directoryOf('o')} = ${directoryOf('p')})`

/** Fills in the paths of repositories that were stored before their column existed. */
export async function fillCheckoutPaths(db: Database, secrets: SecretBox): Promise<void> {
  const rows = await db.query<{ id: number; repo_url: Uint8Array }>(
    'select id, repo_url from projects where repo_url is not null and checkout_path is null and deleted_at is null',
  )
  for (const { id, repo_url } of rows) {
    const address = await readIfPossible(db, secrets, () => secrets.decrypt(repo_url, placeOf('projects.repo_url', id)))
    // A damaged one gets its path when it is set again: one project must not prevent the program from starting.
    if (address === null) continue
    await db.query('update projects set checkout_path = $2 where id = $1', [id, checkoutPath(address)])
  }
}
