import type { OwnRepositoryStore, RefChange, StoredPack } from '@yardmaster/domain/ports'
import type { Database, Queryable } from './database.ts'
import { addHookDelivery } from './hooks.ts'
import { IS } from './job-statuses.ts'
import type { SecretBox } from './secrets.ts'

interface RepositoryRow {
  version: number
  removals: number
  bytes: number
  refs: { name: string; sha: string }[] | null
  packs: { key: string; bytes: number }[] | null
}

// One statement, so that refs never name what is in a pack that is not read.
const FIND = {
  name: 'find-own-repository',
  text: `
select r.version, r.bytes, r.removals,
       (select json_agg(json_build_object('name', f.name, 'sha', f.sha) order by f.name)
          from repository_refs f where f.project_id = r.project_id) as refs,
       (select json_agg(json_build_object('key', k.object_key, 'bytes', k.bytes) order by k.id)
          from repository_packs k where k.project_id = r.project_id) as packs
  from own_repositories r
 where r.project_id = $1`,
}

// The repository is locked first, as by pushes.
const REMOVE_RUNS = {
  name: 'remove-old-runs',
  text: `
with old as materialized (
  select f.project_id, f.name
    from repository_refs f
   where f.name ^@ 'refs/runs/' and f.created_at < $1
     and not exists (select from pipelines pl
                      where pl.project_id = f.project_id and pl.run = substr(f.name, 11)
                        and pl.deleted_at is null and pl.status not in ${IS.finished})
   order by f.created_at
   limit $2
), locked as materialized (
  select project_id from own_repositories where project_id in (select project_id from old)
   order by project_id for update
), gone as (
  delete from repository_refs f using old
   where f.project_id = old.project_id and f.name = old.name and f.project_id in (select project_id from locked)
  returning f.project_id
), noted as (
  update own_repositories r
     set version = version + 1, refs_removed_at = coalesce(refs_removed_at, now())
   where project_id in (select project_id from gone)
)
select project_id from gone`,
}

/** Deletes the repository of a project, within a transaction; its packs become strays that are due. */
export async function removeOwnRepository(tx: Queryable, projectId: number): Promise<void> {
  await tx.query('delete from repository_refs where project_id = $1', [projectId])
  await tx.query(
    `with gone as (delete from repository_packs where project_id = $1 returning object_key)
     insert into stray_objects (object_key, remove_after) select object_key, now() from gone
     on conflict (object_key) do nothing`,
    [projectId],
  )
  await tx.query('delete from own_repositories where project_id = $1', [projectId])
}

export function ownRepositoryStore(db: Database, secrets: SecretBox): OwnRepositoryStore {
  return {
    async find(projectId) {
      const [row] = await db.query<RepositoryRow>(FIND, [projectId])
      return row ? { ...row, refs: row.refs ?? [], packs: row.packs ?? [] } : null
    },

    async version(projectId) {
      const [row] = await db.query<{ version: number }>(
        { name: 'version-of-own-repository', text: 'select version from own_repositories where project_id = $1' },
        [projectId],
      )
      return row?.version ?? null
    },

    push: (projectId, { changes, isAtomic, pack, tell, removals }) =>
      db.transaction(async (tx) => {
        // A removal of the project waits for the lock, and then deletes this as well.
        const [project] = await tx.query('select from projects where id = $1 and deleted_at is null for share', [
          projectId,
        ])
        if (!project) return 'removed'
        await tx.query(
          'insert into own_repositories (project_id, version, bytes) values ($1, 0, 0) on conflict do nothing',
          [projectId],
        )
        // Pushes to one project come one after the other from here on.
        const [repository] = await tx.query<{ removals: number }>(
          'select removals from own_repositories where project_id = $1 for update',
          [projectId],
        )
        if (repository?.removals !== removals) return 'outdated'
        const names = changes.map(({ name }) => name)
        const rows = await tx.query<{ name: string; sha: string }>(
          'select name, sha from repository_refs where project_id = $1 and name = any ($2)',
          [projectId, names],
        )
        const before = new Map(rows.map(({ name, sha }) => [name, sha]))
        const made = changes.filter(({ name, from }) => (before.get(name) ?? null) === from)
        if (made.length === 0 || (isAtomic && made.length < changes.length)) return { names: [], deliveryId: null }
        if (pack) {
          if (!(await isNamed(tx, pack))) return 'swept'
          await addPack(tx, projectId, pack)
        }
        await change(tx, projectId, made)
        await tx.query(
          `update own_repositories
              set version = version + 1, bytes = bytes + $2,
                  refs_removed_at = coalesce(refs_removed_at, case when $3 then now() end)
            where project_id = $1`,
          [projectId, pack?.bytes ?? 0, made.some(({ to }) => to === null)],
        )
        const delivery = tell(made)
        const deliveryId = delivery && (await addHookDelivery(tx, secrets, delivery))
        return { names: made.map(({ name }) => name), deliveryId }
      }),

    async crowded({ packs, limit }) {
      const rows = await db.query<{ id: number }>(
        `select project_id as id from repository_packs group by project_id having count(*) > $1
          order by count(*) desc, project_id limit $2`,
        [packs, limit],
      )
      return rows.map(({ id }) => id)
    },

    join: (projectId, { others, pack, keepUntil }) =>
      db.transaction(async (tx) => {
        await tx.query('select from own_repositories where project_id = $1 for update', [projectId])
        const there = await tx.query('select from repository_packs where project_id = $1 and object_key = any ($2)', [
          projectId,
          others,
        ])
        if (there.length < others.length || !(await isNamed(tx, pack))) return false
        await dropPacks(tx, projectId, others, keepUntil)
        await addPack(tx, projectId, pack)
        await tx.query(
          `update own_repositories
              set version = version + 1,
                  bytes = (select coalesce(sum(bytes), 0) from repository_packs where project_id = $1)
            where project_id = $1`,
          [projectId],
        )
        return true
      }),

    async removeRuns({ before, limit }) {
      const removed = await db.query(REMOVE_RUNS, [before, limit])
      return removed.length
    },

    async withUnreachable({ before, limit }) {
      const rows = await db.query<{ id: number }>(
        `select project_id as id from own_repositories where refs_removed_at < $1
          order by refs_removed_at, project_id limit $2`,
        [before, limit],
      )
      return rows.map(({ id }) => id)
    },

    replacePacks: (projectId, { version, pack, keepUntil }) =>
      db.transaction(async (tx) => {
        const [repository] = await tx.query<{ version: number }>(
          'select version from own_repositories where project_id = $1 for update',
          [projectId],
        )
        if (repository?.version !== version || (pack && !(await isNamed(tx, pack)))) return false
        await dropPacks(tx, projectId, null, keepUntil)
        if (pack) await addPack(tx, projectId, pack)
        await tx.query(
          `update own_repositories
              set version = version + 1, removals = removals + 1, refs_removed_at = null, bytes = $2
            where project_id = $1`,
          [projectId, pack?.bytes ?? 0],
        )
        return true
      }),
  }
}

/** Takes a pack out of the strays, within the transaction that names it. Returns false when its time has passed. */
async function isNamed(tx: Queryable, { key }: StoredPack): Promise<boolean> {
  const named = await tx.query(
    'delete from stray_objects where object_key = $1 and remove_after > now() returning object_key',
    [key],
  )
  return named.length > 0
}

/** @param keys - of the packs; null for all. */
const dropPacks = (tx: Queryable, projectId: number, keys: readonly string[] | null, keepUntil: Date) =>
  tx.query(
    `with gone as (
       delete from repository_packs where project_id = $1 and ($2::text[] is null or object_key = any ($2))
       returning object_key)
     insert into stray_objects (object_key, remove_after) select object_key, $3 from gone
     on conflict (object_key) do nothing`,
    [projectId, keys, keepUntil],
  )

const addPack = (tx: Queryable, projectId: number, { key, bytes }: StoredPack) =>
  tx.query('insert into repository_packs (project_id, object_key, bytes) values ($1, $2, $3)', [projectId, key, bytes])

async function change(tx: Queryable, projectId: number, made: readonly RefChange[]): Promise<void> {
  const deleted = made.filter(({ to }) => to === null).map(({ name }) => name)
  const set = made.flatMap(({ name, to }) => (to === null ? [] : [{ name, to }]))
  await tx.query('delete from repository_refs where project_id = $1 and name = any ($2)', [projectId, deleted])
  await tx.query(
    `insert into repository_refs (project_id, name, sha)
     select $1, name, sha from unnest($2::text[], $3::text[]) as set (name, sha)
     on conflict (project_id, name) do update set sha = excluded.sha`,
    [projectId, set.map(({ name }) => name), set.map(({ to }) => to)],
  )
}
