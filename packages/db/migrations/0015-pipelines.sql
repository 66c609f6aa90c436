-- A pipeline is shown by itself: with a status that combines those of its jobs (src/settle-pipelines.ts writes it after
-- each change), and with what it was made of.
alter table pipelines
  add column status         text not null default 'created',
  add column name           text,
  -- The name of who made it, as the audit shows actors; null for pipelines of earlier releases.
  add column created_by     text,
  add column before_sha     text,
  -- The first start and the last end of its jobs; seconds in which at least one of them ran.
  add column started_at     timestamptz(3),
  add column finished_at    timestamptz(3),
  add column duration       float8,
  -- The mean of its jobs' coverage, in percent.
  add column coverage       float8,
  -- Sentences.
  add column warnings       text[] not null default '{}',
  -- Encrypted: the configuration with everything put in that it includes. Null when the jobs were given one by one.
  add column configuration  bytea,
  -- What a newer pipeline of its ref, and a failed job, do to its jobs.
  add column on_new_commit  text not null default 'none',
  add column on_job_failure text not null default 'none',
  -- When the failure of a job last canceled the others.
  add column stopped_at     timestamptz(3),
  add column deleted_at     timestamptz(3);

-- Lists of one project, or of all, are read backwards by id; those of a status look for it.
create index pipelines_status on pipelines (status, id);
create index pipelines_ref on pipelines (project_id, ref, id);
-- The sweep erases what their jobs have left.
create index pipelines_removed on pipelines (id) where deleted_at is not null;

create index pipelines_stoppable on pipelines (id) where on_job_failure = 'all';

-- Whether a new commit of a ref cancels the pipelines of earlier ones.
alter table projects add column auto_cancel_pending boolean not null default true;

alter table jobs
  -- Names of the jobs that it needs; null when it waits for earlier stages.
  add column needs          text[],
  -- Null for jobs of earlier releases.
  add column starts_when    text,
  add column interruptible  boolean not null default false,
  add column coverage       float8,
  add column environment    text,
  -- The place among parallel jobs, from 1, and how many there are; null outside of such jobs.
  add column parallel_index integer,
  add column parallel_total integer;

create or replace function job_event(job jobs) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'version', 2,
    'id', job.id,
    'name', job.name,
    'stage', job.stage,
    'status', job.status,
    'pipeline_id', job.pipeline_id,
    'project_id', job.project_id,
    'tags', job.tags,
    'runner_id', job.runner_id,
    'manager_id', job.manager_id,
    'failure_reason', job.failure_reason,
    'exit_code', job.exit_code,
    'allow_failure', job.allow_failure,
    'timeout', job.timeout,
    'timeout_source', job.timeout_source,
    'debug_trace', job.debug_trace,
    'created_at', job.created_at,
    'start_at', job.start_at,
    'queued_at', job.queued_at,
    'started_at', job.started_at,
    'finished_at', job.finished_at,
    'erased_at', job.erased_at,
    'updated_at', job.updated_at,
    'artifacts_expire_at', job.artifacts_expire_at,
    'trace_size', job.trace_size,
    'trace_crc', job.trace_crc,
    'trace_invalid', job.trace_invalid,
    'trace_corrupted', job.trace_corrupted,
    'retried_by', job.retried_by,
    'retry_of', job.retry_of,
    'dependencies', job.dependencies,
    'resource_group', job.resource_group
  ) || jsonb_build_object(
    'stage_index', job.stage_index,
    'by_stage', job.by_stage,
    'needs', job.needs,
    'starts_when', job.starts_when,
    'interruptible', job.interruptible,
    'coverage', job.coverage,
    'environment', job.environment,
    'parallel_index', job.parallel_index,
    'parallel_total', job.parallel_total
  )
$$;
