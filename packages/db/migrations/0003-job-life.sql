alter table jobs
  -- When a delayed job is to be queued.
  add column start_at timestamptz(3),
  -- Whether a failed job is tried again was decided; until then the sweep asks, whatever crashed in between.
  add column retry_decided boolean not null default false;

create index jobs_delayed on jobs (start_at) where status = 'scheduled';
create index jobs_retry_undecided on jobs (id) where status = 'failed' and not retry_decided;
-- Earlier attempts are those of the same name in the same pipeline.
create index jobs_pipeline on jobs (pipeline_id);
