-- Whether a pipeline is for a merge request from a fork: then its jobs get no secrets, in whatever way they are run or
-- retried, and neither do those of its children.
alter table pipelines add column from_fork boolean not null default false;

-- The secrets that incoming hooks are signed with, encrypted, because a signature is computed with the secret itself.
create table hook_secrets (
  project_id  integer primary key references projects (id),
  secret      bytea not null,
  created_at  timestamptz(3) not null default now()
);

-- What forges told, and what came of it.
create table hook_deliveries (
  id            integer generated always as identity primary key,
  project_id    integer not null references projects (id),
  kind          text not null,
  -- The sender's id of the delivery, the same when it is repeated.
  key           text not null,
  event         text not null,
  -- Branches, tags and merge requests that it is about: those of one are worked on in the order in which they came.
  subjects      text[] not null,
  received_at   timestamptz(3) not null default now(),
  outcome       text not null default 'received' check (outcome in
                  ('received', 'waiting', 'created', 'skipped', 'refused', 'ignored', 'failed')),
  message       text,
  pipeline_ids  integer[] not null default '{}',
  -- Encrypted: the parts of the payload that are used.
  payload       bytea not null,
  -- Whether the pipeline of a fork may be created.
  approved      boolean not null default false,
  -- How many of its changes are done, which is noted with each pipeline: none is created twice.
  done          integer not null default 0,
  -- Failures that may pass, since it was received or replayed.
  failures      integer not null default 0,
  -- When there is something to do; null when there is not.
  due_at        timestamptz(3) default now(),
  -- Until then a process works on it, the one that took it last; later, that process is considered lost.
  taken_until   timestamptz(3),
  taken         integer not null default 0,
  unique (project_id, kind, key)
);

create index hook_deliveries_due on hook_deliveries (due_at, id) where due_at is not null;
create index hook_deliveries_ahead on hook_deliveries (project_id, id) where due_at is not null and outcome = 'received';
create index hook_deliveries_project on hook_deliveries (project_id, id);
