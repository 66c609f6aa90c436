import type { StoredArtifact } from '@yardmaster/domain/artifacts'
import type { ArtifactStore, Dependency, JobReport } from '@yardmaster/domain/ports'
import type { Database, Queryable } from './database.ts'
import { decryptDotenv, encryptDotenv } from './encrypted-values.ts'
import { IS } from './job-statuses.ts'
import type { SecretBox } from './secrets.ts'

interface ArtifactRow {
  job_id: number
  project_id: number
  type: string
  format: StoredArtifact['format']
  filename: string
  size: number
  sha256: string
  accessibility: StoredArtifact['accessibility']
  object_key: string
  listing_key: string | null
  created_at: Date
  expire_at: Date | null
}

const COLUMNS =
  'job_id, project_id, type, format, filename, size, sha256, accessibility, object_key, listing_key, created_at, expire_at'

// The job's row is locked first, as it is when a job ends: either the artifact is stored before the job is over, or it
// is refused. A stray that may already have been deleted is not accepted, so that no record is without its object.
const STORE = {
  name: 'store-artifact',
  text: `
with job as materialized (
  select j.id, j.project_id
    from jobs j
   where j.id = $1 and j.status in ${IS.executing} and j.erased_at is null
     and exists (select from projects p where p.id = j.project_id and p.deleted_at is null)
     for no key update of j
), announced as materialized (
  select object_key from stray_objects where object_key = any ($10) and remove_after > now() for update
), added as (
  insert into artifacts (job_id, project_id, type, format, filename, size, sha256, accessibility, object_key,
      listing_key, expire_at)
  select id, project_id, $2, $3, $4, $5, $6, $7, $8, $9, $11
    from job
   where (select count(*) from announced) = cardinality($10::text[])
  on conflict (job_id, type) do nothing
  returning job_id, project_id, size
), expiry as (
  update jobs j set artifacts_expire_at = $11 from added where j.id = added.job_id
), named as (
  delete from stray_objects s using announced where s.object_key = announced.object_key and exists (select from added)
), reported as (
  insert into job_reports as r (job_id, dotenv, annotations)
  select job_id, $12, $13 from added where $12::bytea is not null or $13::json is not null
  on conflict (job_id) do update set dotenv = coalesce(excluded.dotenv, r.dotenv),
      annotations = coalesce(excluded.annotations, r.annotations)
), used as (
  insert into project_usage as u (project_id, artifact_bytes, artifact_count)
  select project_id, size, 1 from added
  on conflict (project_id) do update set artifact_bytes = u.artifact_bytes + excluded.artifact_bytes,
      artifact_count = u.artifact_count + 1
)
select exists (select from job) as executing,
       (select count(*) from announced) = cardinality($10::text[]) as announced,
       exists (select from added) as added`,
}

/** Deletes the rows of a previously selected `due`: their objects become strays, and no longer count as storage. */
const removal = (due: string): string => `
with due as materialized (${due}
), gone as (
  delete from artifacts a using due where a.id = due.id returning a.project_id, a.size, a.object_key, a.listing_key
), strays as (
  insert into stray_objects (object_key, remove_after)
  select unnest(array_remove(array[object_key, listing_key], null)), now() from gone
  on conflict (object_key) do nothing
), less as materialized (
  select u.project_id from project_usage u
   where u.project_id in (select project_id from gone)
   order by u.project_id
     for update
), used as (
  update project_usage u
     set artifact_bytes = u.artifact_bytes - g.bytes, artifact_count = u.artifact_count - g.artifacts
    from (select project_id, sum(size)::bigint as bytes, count(*) as artifacts from gone group by project_id) g
   where u.project_id = g.project_id and u.project_id in (select project_id from less)
)
select count(*)::int as removed from gone`

const EXPIRE = removal(
  'select id from artifacts where expire_at <= $1 order by expire_at limit $2 for update skip locked',
)

const REMOVE_ALL = removal('select id from artifacts where job_id = any ($1) order by id for update')

const DEPENDENCIES = {
  name: 'job-dependencies',
  text: `
select j.id, j.name, a.filename, a.size, r.dotenv
  from unnest($1::integer[]) with ordinality as wanted (id, n)
 cross join lateral (select id, name from jobs where id = wanted.id offset 0) j
  left join artifacts a on a.job_id = j.id and a.type = 'archive'
  left join job_reports r on r.job_id = j.id
 order by n`,
}

const REPORTS = {
  name: 'reports-of-pipeline',
  text: `
select j.name as job_name, j.retried_by is null as is_latest, ${COLUMNS.replaceAll(/(\w+)/g, 'a.$1')}
  from jobs j
  join artifacts a on a.job_id = j.id and a.type = $2
 where j.pipeline_id = $1
 order by j.stage_index, j.id`,
}

interface DependencyRow {
  id: number
  name: string
  filename: string | null
  size: number | null
  dotenv: Uint8Array | null
}

const toArtifact = (row: ArtifactRow): StoredArtifact => ({
  jobId: row.job_id,
  projectId: row.project_id,
  type: row.type,
  format: row.format,
  filename: row.filename,
  size: row.size,
  sha256: row.sha256,
  accessibility: row.accessibility,
  key: row.object_key,
  listingKey: row.listing_key,
  createdAt: row.created_at,
  expireAt: row.expire_at,
  browsable: row.type === 'archive' && row.listing_key !== null,
})

/** Deletes all artifacts of jobs and the content of their reports, within a transaction. Returns how many. */
export async function removeArtifacts(tx: Queryable, jobIds: readonly number[]): Promise<number> {
  await tx.query('delete from job_reports where job_id = any ($1)', [jobIds])
  const [row] = await tx.query<{ removed: number }>(REMOVE_ALL, [jobIds])
  return row?.removed ?? 0
}

export function artifactStore(db: Database, secrets: SecretBox): ArtifactStore {
  const listOf = async (jobIds: readonly number[]): Promise<StoredArtifact[]> => {
    const rows = await db.query<ArtifactRow>(
      { name: 'artifacts-of', text: `select ${COLUMNS} from artifacts where job_id = any ($1) order by job_id, id` },
      [jobIds],
    )
    return rows.map(toArtifact)
  }

  return {
    async find(jobId, type) {
      const [row] = await db.query<ArtifactRow>(
        { name: 'find-artifact', text: `select ${COLUMNS} from artifacts where job_id = $1 and type = $2` },
        [jobId, type],
      )
      return row ? toArtifact(row) : null
    },

    list: (jobId) => listOf([jobId]),

    async listOf(jobIds) {
      return Map.groupBy(await listOf(jobIds), ({ jobId }) => jobId)
    },

    async reports(pipelineId, type) {
      const rows = await db.query<ArtifactRow & { job_name: string; is_latest: boolean }>(REPORTS, [pipelineId, type])
      return rows.map(
        (row): JobReport => ({
          jobId: row.job_id,
          jobName: row.job_name,
          isLatest: row.is_latest,
          artifact: toArtifact(row),
        }),
      )
    },

    async announce(keys, removeAfter) {
      await db.query(
        `insert into stray_objects (object_key, remove_after) select unnest($1::text[]), $2
         on conflict (object_key) do update set remove_after = excluded.remove_after`,
        [keys, removeAfter],
      )
    },

    async store({ dotenv, annotations, ...artifact }) {
      const keys = artifact.listingKey === null ? [artifact.key] : [artifact.key, artifact.listingKey]
      const [row] = await db.query<{ executing: boolean; announced: boolean; added: boolean }>(STORE, [
        artifact.jobId,
        artifact.type,
        artifact.format,
        artifact.filename,
        artifact.size,
        artifact.sha256,
        artifact.accessibility,
        artifact.key,
        artifact.listingKey,
        keys,
        artifact.expireAt,
        dotenv ? encryptDotenv(secrets, dotenv, artifact.jobId) : null,
        annotations ? JSON.stringify(annotations) : null,
      ])
      if (row?.added) return 'stored'
      if (!row?.executing) return 'not_executing'
      return row.announced ? 'exists' : 'swept'
    },

    async dotenv(jobId) {
      const [row] = await db.query<{ dotenv: Uint8Array | null }>('select dotenv from job_reports where job_id = $1', [
        jobId,
      ])
      return decryptDotenv(secrets, row?.dotenv ?? null, jobId)
    },

    async keep(jobId) {
      const kept = await db.query(
        `with kept as (update artifacts set expire_at = null where job_id = $1 and expire_at is not null)
         update jobs set artifacts_expire_at = null, updated_at = now() where id = $1 returning id`,
        [jobId],
      )
      return kept.length > 0
    },

    async expire(now, limit) {
      const [row] = await db.query<{ removed: number }>(EXPIRE, [now, limit])
      return row?.removed ?? 0
    },

    removeAll: (jobId) => db.transaction((tx) => removeArtifacts(tx, [jobId])),

    async strays(now, limit) {
      const rows = await db.query<{ object_key: string }>(
        'select object_key from stray_objects where remove_after <= $1 order by remove_after limit $2',
        [now, limit],
      )
      return rows.map(({ object_key }) => object_key)
    },

    async forget(keys) {
      await db.query('delete from stray_objects where object_key = any ($1)', [keys])
    },

    async dependencies(ids) {
      if (ids.length === 0) return []
      const rows = await db.query<DependencyRow>(DEPENDENCIES, [ids])
      return rows.map(
        ({ id, name, filename, size, dotenv }): Dependency => ({
          id,
          name,
          archive: filename === null || size === null ? null : { filename, size },
          dotenv: decryptDotenv(secrets, dotenv, id),
        }),
      )
    },

    async usage(projectIds) {
      const rows = await db.query<{ project_id: number; artifact_bytes: number; artifact_count: number }>(
        `select project_id, artifact_bytes, artifact_count from project_usage
          where artifact_count > 0 and ($1::integer[] is null or project_id = any ($1)) order by project_id`,
        [projectIds ?? null],
      )
      return rows.map((row) => ({
        projectId: row.project_id,
        artifactBytes: row.artifact_bytes,
        artifactCount: row.artifact_count,
      }))
    },
  }
}
