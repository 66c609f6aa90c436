-- One artifact of a type per job. A row is the commit: its objects are whole before it is inserted.
create table artifacts (
  id             bigint generated always as identity primary key,
  job_id         integer not null references jobs,
  project_id     integer not null references projects,
  type           text not null,
  format         text not null check (format in ('raw', 'zip', 'gzip')),
  filename       text not null,
  size           bigint not null,
  sha256         text not null,
  accessibility  text not null check (accessibility in ('public', 'private', 'none')),
  object_key     text not null,
  -- The archive's listing, if it could be read.
  listing_key    text,
  created_at     timestamptz(3) not null default now(),
  expire_at      timestamptz(3),
  unique (job_id, type)
);
create index artifacts_expiry on artifacts (expire_at) where expire_at is not null;

-- What reports say beside their bytes. Apart from jobs, because an update of that table copies the whole row.
create table job_reports (
  job_id       integer primary key references jobs,
  -- Variables of the dotenv report; they may be secrets.
  dotenv       bytea,
  -- List name → list. json, not jsonb: nothing looks inside.
  annotations  json
);

-- Objects that no row names: uploads under way, and those a deleted row left behind. Noted before the object is written
-- and forgotten in the transaction that names it, so that whatever crashes between, the sweep finds it.
create table stray_objects (
  object_key    text primary key,
  remove_after  timestamptz(3) not null
);
create index stray_objects_due on stray_objects (remove_after);

-- Moves in the same transactions as artifacts: adding up all rows for every glance would not stay cheap.
create table project_usage (
  project_id      integer primary key references projects,
  artifact_bytes  bigint not null default 0,
  artifact_count  bigint not null default 0
);

-- A download is asked for with the token of another job. The claim sets it once, with the indexed status; no update of
-- a running job moves it, so that those stay within their page.
create index jobs_token on jobs (token_digest) where token_digest is not null;
