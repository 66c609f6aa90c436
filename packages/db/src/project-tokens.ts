import type { ProjectTokenStore } from '@yardmaster/domain/ports'
import type { ProjectToken } from '@yardmaster/domain/project-tokens'
import type { Database } from './database.ts'

const COLUMNS = `t.id, t.project_id as "projectId", t.name, t.access, t.prefix as "tokenPrefix", t.expires_at as "expiresAt",
       t.last_used_at as "lastUsedAt", t.created_at as "createdAt"`

// `git` asks several times for one fetch, so that uses are noted once a minute.
const USE = {
  name: 'use-project-token',
  text: `
with t as (
  select * from project_tokens where digest = $1 and (expires_at is null or expires_at > now())
), noted as (
  update project_tokens u set last_used_at = now()
    from t where u.id = t.id and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute')
)
select ${COLUMNS} from t join projects p on p.id = t.project_id and p.deleted_at is null`,
}

export function projectTokenStore(db: Database): ProjectTokenStore {
  return {
    async create({ projectId, name, access, digest, tokenPrefix, expiresAt }) {
      // A removal of the project waits for the lock, and then deletes this token as well.
      const [row] = await db.query<{ id: number }>(
        `insert into project_tokens (project_id, name, access, digest, prefix, expires_at)
         select p.id, $2, $3, $4, $5, $6
           from (select id from projects where id = $1 and deleted_at is null for share) p
         returning id`,
        [projectId, name, access, digest, tokenPrefix, expiresAt],
      )
      return row?.id ?? null
    },

    list: ({ projectId, before, limit }) =>
      db.query<ProjectToken>(
        `select ${COLUMNS} from project_tokens t
          where t.project_id = $1 and ($2::integer is null or t.id < $2)
          order by t.id desc limit $3`,
        [projectId, before ?? null, limit],
      ),

    async remove(id) {
      return (await db.query('delete from project_tokens where id = $1 returning id', [id])).length > 0
    },

    async use(digest) {
      const [row] = await db.query<ProjectToken>(USE, [digest])
      return row ?? null
    },
  }
}
