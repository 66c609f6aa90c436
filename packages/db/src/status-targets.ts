import type { NewStatusTarget } from '@yardmaster/domain/commit-statuses'
import type { Queryable } from './database.ts'
import { placeOf, type SecretBox } from './secrets.ts'

const REMOVE_STATUSES = `
with changes as (delete from commit_status_changes where project_id = $1)
delete from commit_statuses where project_id = $1`

// Nothing is known of another repository, or of statuses with another name.
const REMOVE_OTHERS = `
with moved as (
  select project_id from commit_status_targets
   where project_id = $1 and (forge, address, context) is distinct from ($2, $3, $4)
), changes as (
  delete from commit_status_changes using moved where commit_status_changes.project_id = moved.project_id
)
delete from commit_statuses using moved where commit_statuses.project_id = moved.project_id`

const WRITE = `
insert into commit_status_targets (project_id, forge, address, context, jobs, token)
values ($1, $2, $3, $4, $5, $6)
on conflict (project_id) do update
   set forge = excluded.forge, address = excluded.address, context = excluded.context, jobs = excluded.jobs,
       token = excluded.token, paused_until = null`

const KEEP_TOKEN = `
update commit_status_targets set forge = $2, address = $3, context = $4, jobs = $5, paused_until = null
 where project_id = $1`

// Perhaps the token was the reason.
const TRY_AGAIN = `
update commit_statuses set state = 'waiting', due_at = now(), failures = 0, revision = revision + 1
 where project_id = $1 and state = 'failed' and changed_at > now() - interval '1 day'`

/** Writes where the statuses of a project's commits go; null for nowhere. Those that failed lately are tried again. */
export async function writeStatusTarget(
  tx: Queryable,
  secrets: SecretBox,
  projectId: number,
  target: NewStatusTarget | null,
): Promise<void> {
  if (target === null) {
    await tx.query('delete from commit_status_targets where project_id = $1', [projectId])
    await tx.query(REMOVE_STATUSES, [projectId])
    return
  }
  const { forge, address, context, jobs, token } = target
  await tx.query(REMOVE_OTHERS, [projectId, forge, address, context])
  const plain = [projectId, forge, address, context, jobs]
  if (token === undefined) await tx.query(KEEP_TOKEN, plain)
  else await tx.query(WRITE, [...plain, secrets.encrypt(token, placeOf('commit_status_targets.token', projectId))])
  await tx.query(TRY_AGAIN, [projectId])
}
