-- Webhooks may be told of pipelines as well; those from before are told of jobs, as they were.
alter table webhooks add column events text[] not null default '{job}';
alter table webhook_deliveries
  add column pipeline_id integer,
  -- The pipeline as the change left it.
  add column pipeline jsonb;

-- As job_event: the names are those of the form in src/stored-event.ts.
create function pipeline_event(pl pipelines) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'version', 1,
    'id', pl.id,
    'iid', pl.iid,
    'project_id', pl.project_id,
    'status', pl.status,
    'ref', pl.ref,
    'tag', pl.tag,
    'sha', pl.sha,
    'before_sha', pl.before_sha,
    'source', pl.source,
    'name', pl.name,
    'commit_title', pl.commit_title,
    'created_by', pl.created_by,
    'created_at', pl.created_at,
    'started_at', pl.started_at,
    'finished_at', pl.finished_at,
    'duration', pl.duration,
    'coverage', pl.coverage,
    'parent_id', pl.parent_id
  )
$$;

create function note_pipeline_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.status = new.status then return null; end if;
  if exists (select from webhooks where enabled and 'pipeline' = any (events)) then
    insert into webhook_deliveries (webhook_id, event, pipeline_id, previous_status, status, pipeline)
    select w.id, 'pipeline', new.id, case when tg_op = 'UPDATE' then old.status end, new.status, pipeline_event(new)
      from webhooks w
     where w.enabled and 'pipeline' = any (w.events)
       and (w.project_id is null or w.project_id = new.project_id)
       and (w.statuses = '{}' or new.status = any (w.statuses));
  end if;
  return null;
end $$;
create trigger pipelines_changed after insert or update of status on pipelines
  for each row execute function note_pipeline_change();

-- Jobs as before, to those that want them.
create or replace function note_job_change() returns trigger language plpgsql as $$
begin
  if old.status <> new.status and exists (select from webhooks where enabled and 'job' = any (events)) then
    insert into webhook_deliveries (webhook_id, event, job_id, previous_status, status, job)
    select w.id, 'job', new.id, old.status, new.status, job_event(new)
      from webhooks w
     where w.enabled and 'job' = any (w.events)
       and (w.project_id is null or w.project_id = new.project_id)
       and (w.statuses = '{}' or new.status = any (w.statuses));
  end if;
  if old.status <> new.status and exists (select from commit_status_targets where jobs) then
    insert into commit_status_changes (project_id, sha, context, pipeline_id, job_id)
    select t.project_id, pl.sha, commit_status_context(t.context, pl.source, new.name), pl.id, new.id
      from commit_status_targets t
      join pipelines pl on pl.id = new.pipeline_id and pl.sha is not null and pl.parent_id is null
     where t.project_id = new.project_id and t.jobs;
  end if;
  return null;
end $$;

create or replace function note_jobs_made() returns trigger language plpgsql as $$
begin
  if exists (select from webhooks where enabled and 'job' = any (events)) then
    insert into webhook_deliveries (webhook_id, event, job_id, status, job)
    select w.id, 'job', made.id, made.status, job_event(made)
      from made
      join webhooks w on w.project_id is null or w.project_id = made.project_id
     where w.enabled and 'job' = any (w.events) and (w.statuses = '{}' or made.status = any (w.statuses))
     order by made.id;
  end if;
  if exists (select from commit_status_targets where jobs) then
    insert into commit_status_changes (project_id, sha, context, pipeline_id, job_id)
    select t.project_id, pl.sha, commit_status_context(t.context, pl.source, made.name), pl.id, made.id
      from made
      join commit_status_targets t on t.project_id = made.project_id and t.jobs
      join pipelines pl on pl.id = made.pipeline_id and pl.sha is not null and pl.parent_id is null
     order by made.id;
  end if;
  return null;
end $$;
