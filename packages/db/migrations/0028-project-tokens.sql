-- Passwords of `git` over HTTP, each for one project.
create table project_tokens (
  id           integer generated always as identity primary key,
  project_id   integer not null references projects (id),
  name         text not null,
  access       text not null check (access in ('read', 'write')),
  digest       text not null unique,
  -- The part that may be shown.
  prefix       text not null,
  -- Null when it does not expire.
  expires_at   timestamptz(3),
  -- To the minute.
  last_used_at timestamptz(3),
  created_at   timestamptz(3) not null default now()
);

create index project_tokens_project on project_tokens (project_id, id);
