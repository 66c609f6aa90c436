import { toStorable } from '@yardmaster/common'
import type { JobStatus } from '@yardmaster/domain/jobs'
import type { FamilyJob, FamilyJobName } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'

const FAMILY_JOBS = {
  name: 'family-jobs',
  text: `
with family as materialized (
  select coalesce(root_id, id) as root_id from pipelines where id = $1
)
select wanted.n::int, j.id, j.status, j.erased_at is not null or j.artifacts_expire_at <= now() as gone
  from unnest($2::integer[], $3::text[]) with ordinality as wanted (pipeline_id, name, n)
  join pipelines pl on pl.id = wanted.pipeline_id and pl.deleted_at is null and pl.id <> $1
  join family on family.root_id = coalesce(pl.root_id, pl.id)
  left join jobs j on j.pipeline_id = pl.id and j.name = wanted.name and j.retried_by is null and j.kind = 'build'
 order by wanted.n, j.id`,
}

interface Row {
  readonly n: number
  readonly id: number | null
  readonly status: JobStatus
  readonly gone: boolean | null
}

/** @see {@link import('@yardmaster/domain/ports').PipelineStore.familyJobs} */
export async function familyJobs(
  db: Database,
  id: number,
  wanted: readonly FamilyJobName[],
): Promise<(FamilyJob | null)[]> {
  const rows = await db.query<Row>(FAMILY_JOBS, [
    id,
    wanted.map(({ pipelineId }) => pipelineId),
    wanted.map(({ name }) => toStorable(name)),
  ])
  const found = new Map(rows.map((row) => [row.n, row]))
  return wanted.map((_, index) => {
    const row = found.get(index + 1)
    if (!row) return null
    return { job: row.id === null ? null : { id: row.id, status: row.status }, isGone: row.gone === true }
  })
}
