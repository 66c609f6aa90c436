-- A trigger job is started by the server itself: it creates a child pipeline from files of its own.
alter table jobs
  -- `build` for a job that a runner executes, `trigger` for one that starts a child pipeline.
  add column kind                   text not null default 'build',
  -- Whether a trigger job waits for its child; null when it does not, and for other jobs.
  add column strategy               text,
  add column downstream_pipeline_id integer,
  -- A sentence, or several lines of them.
  add column failure_detail         text;

-- Those that are to be started or to be given the status of their child. There are few at any time.
create index jobs_open_triggers on jobs (id) where kind = 'trigger' and status in ('pending', 'running', 'manual');

alter table pipelines
  add column parent_id     integer references pipelines (id),
  -- The trigger job that it was created for.
  add column parent_job_id integer,
  -- The pipeline at the top of the family; null for that pipeline itself.
  add column root_id       integer references pipelines (id),
  add column depth         integer not null default 0,
  -- Encrypted: what its children need of the request that it was made of, as JSON. Only a root with trigger jobs has it.
  add column origin        bytea;

-- One child for each attempt of a trigger job, however many processes try.
create unique index pipelines_parent_job on pipelines (parent_job_id)
  where parent_job_id is not null and deleted_at is null;
create index pipelines_parent on pipelines (parent_id) where parent_id is not null;
create index pipelines_root on pipelines (root_id) where root_id is not null;

-- A trigger job takes no runner's time.
drop index jobs_ended;
create index jobs_ended on jobs (finished_at) include (project_id, runner_id, started_at, cost_factor)
 where started_at is not null and finished_at is not null and kind = 'build';

create or replace function job_event(job jobs) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'version', 3,
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
    'parallel_total', job.parallel_total,
    'kind', job.kind,
    'strategy', job.strategy,
    'downstream_pipeline_id', job.downstream_pipeline_id,
    'failure_detail', job.failure_detail
  )
$$;
