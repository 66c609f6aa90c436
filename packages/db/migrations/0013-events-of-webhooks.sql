-- A delivery keeps the event that will be sent, and no longer the whole row of its job: what the event says of the job, as
-- the change left it, chosen one by one. What else receivers are told is found by the ids when it is sent. The names are
-- those of the form in src/stored-event.ts, whatever the columns are called; a release that adds one raises the version.
-- Rows from before, which have no version, are read as they are.
create function job_event(job jobs) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'version', 1,
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
  )
$$;

create or replace function note_job_change() returns trigger language plpgsql as $$
begin
  if old.status <> new.status and exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, event, job_id, previous_status, status, job)
    select w.id, 'job', new.id, old.status, new.status, job_event(new)
      from webhooks w
     where w.enabled
       and (w.project_id is null or w.project_id = new.project_id)
       and (w.statuses = '{}' or new.status = any (w.statuses));
  end if;
  return null;
end $$;

create or replace function note_jobs_made() returns trigger language plpgsql as $$
begin
  if exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, event, job_id, status, job)
    select w.id, 'job', made.id, made.status, job_event(made)
      from made
      join webhooks w on w.project_id is null or w.project_id = made.project_id
     where w.enabled and (w.statuses = '{}' or made.status = any (w.statuses))
     order by made.id;
  end if;
  return null;
end $$;
