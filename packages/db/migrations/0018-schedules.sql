-- Pipelines that are created at times that a cron expression says.
create table schedules (
  id               integer generated always as identity primary key,
  project_id       integer not null references projects (id),
  description      text not null,
  -- Five fields, and the IANA name of the time zone in which they are read.
  cron             text not null,
  time_zone        text not null,
  -- Null for the project's default branch.
  ref              text,
  tag              boolean not null,
  sha              text,
  -- Encrypted: the variables of its pipelines; and the text, the files and the inputs of their configuration.
  variables        bytea,
  configuration    bytea not null,
  active           boolean not null,
  -- The name of who made it, as the audit shows actors.
  created_by       text,
  -- Null when the expression matches no time of the next decades.
  next_run_at      timestamptz(3),
  last_run_at      timestamptz(3),
  last_pipeline_id integer,
  -- Failures in a row, and the last one as a sentence.
  failures         integer not null default 0,
  last_failure     text,
  -- Until then a process is creating the pipeline of a run; later, that process is considered lost.
  taken_until      timestamptz(3),
  created_at       timestamptz(3) not null default now(),
  updated_at       timestamptz(3) not null default now()
);

create index schedules_due on schedules (next_run_at) where active;
create index schedules_project on schedules (project_id, id);
