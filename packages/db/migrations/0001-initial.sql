-- Secrets (columns of type bytea) are sealed by the program: src/secrets.ts. Tokens are stored as SHA-256 digests.

create table meta (
  key   text primary key,
  value bytea not null
);

create table settings (
  only_row                   boolean primary key default true check (only_row),
  maintenance                boolean not null,
  project_registration       boolean not null,
  group_registration         boolean not null,
  fair_scheduling            boolean not null,
  supply_gitlab_ci           boolean not null,
  archive_after              integer,
  registration_token_digest  text not null,
  registration_token         bytea not null
);

-- ------------------------------------------------------------------------------------------ groups and projects

create table groups (
  id                         integer generated always as identity primary key,
  path                       text not null unique,
  parent_id                  integer references groups,
  -- Ids of all ancestors and the group itself: "is in this group or one of its subgroups" without recursion.
  lineage                    integer[] not null,
  registration_token_digest  text not null unique,
  registration_token         bytea not null,
  created_at                 timestamptz(3) not null default now()
);

create table projects (
  id                         integer generated always as identity primary key,
  path                       text not null,
  name                       text not null,
  group_id                   integer references groups,
  repo_url                   bytea,
  default_branch             text not null,
  -- Null: just the default branch, whatever it is called.
  protected_refs             text[],
  timeout                    integer not null,
  variables                  bytea,
  registration_token_digest  text not null unique,
  registration_token         bytea not null,
  instance_runners_enabled   boolean not null,
  group_runners_enabled      boolean not null,
  ci_enabled                 boolean not null,
  job_token_allowlist        integer[] not null,
  last_pipeline_iid          integer not null default 0,
  created_at                 timestamptz(3) not null default now(),
  deleted_at                 timestamptz(3)
) with (fillfactor = 80);

create unique index projects_living_path on projects (path) where deleted_at is null;
create index projects_group on projects (group_id) where group_id is not null;

-- ------------------------------------------------------------------------------------------ runners

create table runners (
  id                 integer generated always as identity primary key,
  runner_type        text not null check (runner_type in ('instance_type', 'group_type', 'project_type')),
  registration_type  text not null check (registration_type in ('registration_token', 'authenticated_user')),
  creation_state     text not null check (creation_state in ('started', 'finished')),
  token_digest       text not null unique,
  token_prefix       text not null,
  token_expires_at   timestamptz(3),
  group_id           integer references groups,
  name               text,
  description        text,
  maintenance_note   text,
  paused             boolean not null,
  locked             boolean not null,
  access_level       text not null check (access_level in ('not_protected', 'ref_protected')),
  run_untagged       boolean not null,
  -- In order of insertion.
  tags               text[] not null,
  maximum_timeout    integer,
  contacted_at       timestamptz(3),
  created_at         timestamptz(3) not null default now(),
  -- Moves with settings, not with heartbeats: conditional deletes compare it.
  updated_at         timestamptz(3) not null default now()
) with (fillfactor = 80);

create table runner_projects (
  runner_id   integer not null references runners on delete cascade,
  project_id  integer not null references projects on delete cascade,
  primary key (runner_id, project_id)
);
create index runner_projects_project on runner_projects (project_id);

create table runner_managers (
  id            integer generated always as identity primary key,
  runner_id     integer not null references runners on delete cascade,
  system_id     text not null,
  version       text,
  revision      text,
  platform      text,
  architecture  text,
  executor      text,
  ip_address    text,
  -- json, not jsonb: nothing looks inside, and jsonb refuses what a runner may well send (an escaped NUL).
  config        json not null default '{}',
  features      json not null default '{}',
  labels        json not null default '{}',
  contacted_at  timestamptz(3),
  created_at    timestamptz(3) not null default now(),
  updated_at    timestamptz(3) not null default now(),
  unique (runner_id, system_id)
) with (fillfactor = 80);

-- ------------------------------------------------------------------------------------------ pipelines and jobs

create table pipelines (
  id          integer generated always as identity primary key,
  project_id  integer not null references projects,
  -- Counts per project from 1.
  iid         integer not null,
  source      text not null,
  ref         text not null,
  tag         boolean not null,
  sha         text,
  protected   boolean not null,
  variables   bytea,
  created_at  timestamptz(3) not null default now(),
  unique (project_id, iid)
);

-- Every piece of log updates its job's row, so the row is narrow, its page has room for the next version, and no index
-- (or index condition) names a column that such an update moves: updated_at, last_signal_at, trace_size. It has no check
-- constraints: Postgres parses them anew for every statement that updates the table.
create table jobs (
  id                        integer generated always as identity primary key,
  pipeline_id               integer not null references pipelines,
  project_id                integer not null references projects,
  name                      text not null,
  stage                     text not null,
  status                    text not null,
  tags                      text[] not null,
  required_features         text[] not null,
  dependencies              integer[] not null,
  allow_failure             boolean not null,
  allow_failure_exit_codes  bigint[] not null,
  -- Seconds: the job's own limit or null; from the start on the effective one, with its source.
  timeout                   integer,
  timeout_source            text,
  -- Not foreign keys: a claim would lock the runner's and the manager's row, and removing a runner would rewrite all of
  -- its jobs. Ids are never used again; who reads them asks whether the runner is still there (src/job-row.ts).
  runner_id                 integer,
  manager_id                integer,
  on_instance_runner        boolean not null default false,
  token_digest              text,
  failure_reason            text,
  exit_code                 integer,
  debug_trace               boolean not null default false,
  trace_size                bigint not null default 0,
  trace_crc                 bigint,
  trace_invalid             boolean not null default false,
  trace_corrupted           boolean not null default false,
  -- The log of a finished job is one durable object (or empty).
  trace_sealed              boolean not null default false,
  retried_by                integer,
  retry_of                  integer,
  created_at                timestamptz(3) not null default now(),
  queued_at                 timestamptz(3),
  started_at                timestamptz(3),
  finished_at               timestamptz(3),
  erased_at                 timestamptz(3),
  artifacts_expire_at       timestamptz(3),
  -- When the runner last used the job's token for a patch or an update, exactly. updated_at lags up to 15 minutes.
  last_signal_at            timestamptz(3),
  updated_at                timestamptz(3) not null default now()
) with (fillfactor = 70);

create index jobs_project on jobs (project_id, id);
create index jobs_runner on jobs (runner_id, id) where runner_id is not null;
create index jobs_status on jobs (status, id);
-- Fair scheduling counts these per project.
create index jobs_on_instance_runners on jobs (project_id) where status = 'running' and on_instance_runner;
create index jobs_unsealed on jobs (id) where started_at is not null and finished_at is not null and not trace_sealed;

-- Apart from jobs, because an update copies the whole row.
create table job_secrets (
  job_id      integer primary key references jobs,
  definition  bytea not null,
  -- Where the runner's interactive session server listens; only while the job runs.
  session     bytea
);

-- ------------------------------------------------------------------------------------------ the queue

-- One lane per combination of what decides which runners may take a job. A claim picks lanes first, so pending jobs
-- that do not match cost it nothing, however many there are.
create table lanes (
  id          integer generated always as identity primary key,
  project_id  integer not null references projects,
  -- Sorted.
  tags        text[] not null,
  -- SHA-256 of the tags: the tags themselves may be too long for an index on all of them together.
  tags_digest text not null,
  protected   boolean not null,
  unique (project_id, tags_digest, protected)
);
-- `tags <@ …` visits only lanes that share a tag with the runner, and those without tags.
create index lanes_tags on lanes using gin (tags) with (fastupdate = off);

-- Lock order for everything that takes a job out of the queue: its row here, then its row in jobs.
create table pending_jobs (
  job_id     integer primary key references jobs,
  lane_id    integer not null references lanes,
  queued_at  timestamptz(3) not null default now()
);
create unique index pending_jobs_lane on pending_jobs (lane_id, job_id);

-- ------------------------------------------------------------------------------------------ traces

-- No foreign key to jobs: a piece is only ever inserted by the statement that moves its job's row.
create table trace_pieces (
  job_id      integer not null,
  start_byte  bigint not null,
  end_byte    bigint not null,
  object_key  text not null,
  crc32       bigint not null,
  primary key (job_id, start_byte)
);

-- ------------------------------------------------------------------------------------------ sign-in of people

create table sign_in_links (
  digest      text primary key,
  expires_at  timestamptz(3) not null
);

create table sessions (
  digest      text primary key,
  expires_at  timestamptz(3) not null
);
