alter table jobs
  -- When a delayed job is to be queued.
  add column start_at timestamptz(3),
  -- Whether a failed job is tried again was decided; until then the sweep asks, whatever crashed in between.
  add column retry_decided boolean not null default false,
  -- Jobs of the same pipeline that have to be over first, always their latest attempts.
  add column waits_for integer[] not null default '{}',
  -- It waits for earlier stages, where a skipped job is as good as a successful one; otherwise for jobs it named.
  add column by_stage boolean not null default true,
  -- Of the jobs of a project that name the same one, one is queued or executed at a time.
  add column resource_group text;

create index jobs_delayed on jobs (start_at) where status = 'scheduled';
create index jobs_retry_undecided on jobs (id) where status = 'failed' and not retry_decided;
create index jobs_waiting_for_resource on jobs (project_id, resource_group, id) where status = 'waiting_for_resource';
create index jobs_pipeline on jobs (pipeline_id);

-- Who holds a resource group: from entering the queue until its end.
create table resources (
  project_id  integer not null references projects,
  name        text not null,
  job_id      integer not null references jobs,
  primary key (project_id, name)
);
create index resources_job on resources (job_id);
