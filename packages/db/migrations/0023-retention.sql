-- Days for which finished pipelines and their jobs, and logs of finished jobs, are kept. Null: as long as the installation
-- keeps them, which a longer time does not change.
alter table projects
  add column job_retention_days integer check (job_retention_days >= 1),
  add column log_retention_days integer check (log_retention_days >= 1);

-- At the top of a family that has become too old: it is removed, and its rows follow when no object is left. Until then
-- `jobs` says what has to be deleted.
alter table pipelines add column past_retention boolean not null default false;
create index pipelines_by_age on pipelines (project_id, (coalesce(finished_at, created_at)), id)
 where parent_id is null and not past_retention;
create index pipelines_past_retention on pipelines (id) where past_retention;

-- When its log had become too old and was removed; the job and its artifacts are still there.
alter table jobs add column log_removed_at timestamptz(3);
create index jobs_by_age on jobs (project_id, finished_at, id)
 where started_at is not null and finished_at is not null and erased_at is null and log_removed_at is null;

-- Without it, deleting a job would read all environments.
create index environments_deployed_by on environments (deployed_by) where deployed_by is not null;

-- The run time of jobs whose rows are gone, so that it still counts: written by the transaction that deletes them.
create table removed_usage (
  -- The first day, in UTC.
  month            date not null,
  project_id       integer not null,
  -- 0 for none.
  runner_id        integer not null,
  jobs             integer not null,
  run_seconds      float8 not null,
  compute_minutes  float8 not null,
  primary key (month, project_id, runner_id)
);
