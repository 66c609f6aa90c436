-- Statuses of commits on forges. Where those of a project go; no row when nowhere.
create table commit_status_targets (
  project_id    integer primary key references projects,
  forge         text not null,
  -- Of the repository, without credentials.
  address       text not null,
  -- Encrypted.
  token         bytea not null,
  -- The name of the pipeline's status. Those of jobs have it as a prefix.
  context       text not null,
  jobs          boolean not null,
  -- Until then the forge wants no requests.
  paused_until  timestamptz(3)
);

-- Written by whatever changes a pipeline or a job, in its transaction. There are only inserts, so that changes do not
-- wait for each other. What a status says is read when it is sent.
create table commit_status_changes (
  id           bigint generated always as identity primary key,
  project_id   integer not null,
  sha          text not null,
  context      text not null,
  pipeline_id  integer not null,
  -- Null: of the pipeline itself.
  job_id       integer
);

-- One row for each status that a forge has: changes are gathered into it (src/commit-statuses.ts), so that a state that
-- was overtaken is never sent.
create table commit_statuses (
  id            bigint generated always as identity primary key,
  project_id    integer not null,
  sha           text not null,
  context       text not null,
  -- The newest pipeline with this context, and the newest attempt of its job.
  pipeline_id   integer not null,
  job_id        integer,
  -- Counts changes.
  revision      integer not null default 1,
  changed_at    timestamptz(3) not null default now(),
  state         text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  -- Null: nothing is to be sent.
  due_at        timestamptz(3) default now(),
  -- Failed attempts to send the present state.
  failures      integer not null default 0,
  -- The last attempts, in order.
  attempts      jsonb not null default '[]',
  -- What the forge accepted last.
  sent          jsonb,
  sent_at       timestamptz(3),
  -- Counts how often it was taken. Whoever took it last may settle it, until the time is over and another one may take it.
  takes         integer not null default 0,
  taken_until   timestamptz(3),
  -- Whether a process that had lost it sent something since it was taken: then what the forge has is not known.
  disturbed     boolean not null default false,
  unique (project_id, sha, context)
) with (fillfactor = 70);
create index commit_statuses_due on commit_statuses (project_id, due_at, id) where due_at is not null;
create index commit_statuses_of_project on commit_statuses (project_id, id);
create index commit_statuses_of_pipeline on commit_statuses (pipeline_id, id);
create index commit_statuses_age on commit_statuses (changed_at);

-- A pipeline of a merge request may run beside one of a branch for the same commit. Forges take names of 255 characters.
create function commit_status_context(prefix text, source text, job_name text) returns text language sql immutable as $$
  select case when length(name) <= 255 then name else left(name, 246) || '~' || left(md5(name), 8) end
    from (select prefix || case when source = 'merge_request_event' then '-merge-request' else '' end
                 || coalesce('/' || job_name, '') as name) whole
$$;

-- Most installations have no such target, so that is found out first.
create function note_pipeline_status() returns trigger language plpgsql as $$
begin
  if new.sha is not null and new.parent_id is null and exists (select from commit_status_targets) then
    if tg_op = 'INSERT' or old.status <> new.status then
      insert into commit_status_changes (project_id, sha, context, pipeline_id)
      select t.project_id, new.sha, commit_status_context(t.context, new.source, null), new.id
        from commit_status_targets t
       where t.project_id = new.project_id;
    end if;
  end if;
  return null;
end $$;
create trigger pipelines_have_statuses after insert or update of status on pipelines
  for each row execute function note_pipeline_status();

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
  if exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, event, job_id, status, job)
    select w.id, 'job', made.id, made.status, job_event(made)
      from made
      join webhooks w on w.project_id is null or w.project_id = made.project_id
     where w.enabled and (w.statuses = '{}' or made.status = any (w.statuses))
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
