import type { SuccessfulRun } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'

/** Of a name with many sets of tags, these are looked at: the job's own and the newest others. */
const PROFILES = 20

/**
 * The newest jobs of the same name that succeeded in the job's project. For each profile, the index `jobs_succeeded` is
 * read backwards, so a long history costs nothing.
 */
const SUCCESSFUL_RUNS = {
  name: 'successful-runs',
  text: `
select extract(epoch from r.finished_at - r.started_at)::float8 as seconds, pl.ref,
       pl.ref = own.ref as is_same_ref, pl.ref = p.default_branch as is_default_branch
  from jobs j
  join pipelines own on own.id = j.pipeline_id
  join projects p on p.id = j.project_id
 cross join lateral (
   select run.id, run.pipeline_id, run.started_at, run.finished_at
     from (
       select j.profile_id as id
       union all (
         select v.id from job_profiles v where v.name = j.name and v.id <> j.profile_id order by v.id desc limit ${PROFILES - 1}
       )
     ) profile
    cross join lateral (
      select other.id, other.pipeline_id, other.started_at, other.finished_at
        from jobs other
       where other.project_id = j.project_id and other.profile_id = profile.id and other.status = 'success'
         and other.id <> j.id
       order by other.id desc
       limit $2
    ) run
    order by run.id desc
    limit $2
 ) r
  join pipelines pl on pl.id = r.pipeline_id
 where j.id = $1 and r.started_at is not null and r.finished_at is not null
 order by r.id desc`,
}

interface RunRow {
  seconds: number
  ref: string
  is_same_ref: boolean
  is_default_branch: boolean
}

export async function successfulRuns(db: Database, id: number, limit: number): Promise<SuccessfulRun[]> {
  const rows = await db.query<RunRow>(SUCCESSFUL_RUNS, [id, limit])
  return rows.map(({ seconds, ref, is_same_ref: isSameRef, is_default_branch: isDefaultBranch }) => ({
    ...{ seconds, ref, isSameRef, isDefaultBranch },
  }))
}
