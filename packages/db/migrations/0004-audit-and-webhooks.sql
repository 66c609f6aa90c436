-- ------------------------------------------------------------------------------------------ who did what

create table audit_events (
  id             bigint generated always as identity primary key,
  at             timestamptz(3) not null default now(),
  actor_kind     text not null,
  actor_address  text,
  -- The first digits of a session's digest: enough to tell two apart, and of no use for anything else.
  actor_session  text,
  action         text not null,
  subject_kind   text,
  -- Several when one act made several.
  subject_ids    integer[] not null,
  -- An act that changes things is noted before it begins; `unknown` is one whose end nobody wrote down.
  outcome        text not null check (outcome in ('unknown', 'done', 'refused', 'failed')),
  details        json not null
);
create index audit_events_subjects on audit_events using gin (subject_ids);
create index audit_events_action on audit_events (action, id);

-- ------------------------------------------------------------------------------------------ webhooks

create table webhooks (
  id          integer generated always as identity primary key,
  -- Null: of all projects.
  project_id  integer references projects,
  -- Sealed like the secret, because an address may carry a password.
  url         bytea not null,
  secret      bytea not null,
  -- Empty: every status.
  statuses    text[] not null,
  enabled     boolean not null,
  created_at  timestamptz(3) not null default now(),
  updated_at  timestamptz(3) not null default now()
);

-- No foreign keys: a change of a job would share a lock on the row of every webhook it is told to, all jobs the same ones.
create table webhook_deliveries (
  id               bigint generated always as identity primary key,
  -- What the receiver knows it by, the same at every attempt.
  key              uuid not null default gen_random_uuid(),
  webhook_id       integer not null,
  event            text not null,
  job_id           integer,
  -- Null: the job was just made.
  previous_status  text,
  status           text,
  -- The job's row as the change left it.
  job              jsonb,
  created_at       timestamptz(3) not null default now(),
  state            text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  -- Null: nothing is to be done any more. Whoever takes it moves it into the future, so that a crash gives it back.
  due_at           timestamptz(3) default now(),
  -- What became of each attempt, in order.
  attempts         jsonb not null default '[]'
) with (fillfactor = 70);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at, id) where due_at is not null;
create index webhook_deliveries_of on webhook_deliveries (webhook_id, id);

-- Deliveries are written by whatever changes a job, in its transaction: there is no moment in which a crash could lose
-- one. Jobs change often and most installations have no webhook, so that is found out first.
create function note_job_change() returns trigger language plpgsql as $$
begin
  if old.status <> new.status and exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, event, job_id, previous_status, status, job)
    select w.id, 'job', new.id, old.status, new.status, to_jsonb(new) - 'token_digest'
      from webhooks w
     where w.enabled
       and (w.project_id is null or w.project_id = new.project_id)
       and (w.statuses = '{}' or new.status = any (w.statuses));
  end if;
  return null;
end $$;

-- Not `when (…)`: Postgres would parse the condition anew for every statement. With `of status` a piece of log, which
-- moves the row but not its status, does not get as far as the function.
create trigger jobs_changed after update of status on jobs for each row execute function note_job_change();

create function note_jobs_made() returns trigger language plpgsql as $$
begin
  if exists (select from webhooks where enabled) then
    insert into webhook_deliveries (webhook_id, event, job_id, status, job)
    select w.id, 'job', made.id, made.status, to_jsonb(made) - 'token_digest'
      from made
      join webhooks w on w.project_id is null or w.project_id = made.project_id
     where w.enabled and (w.statuses = '{}' or made.status = any (w.statuses))
     order by made.id;
  end if;
  return null;
end $$;

create trigger jobs_made after insert on jobs referencing new table as made
  for each statement execute function note_jobs_made();
