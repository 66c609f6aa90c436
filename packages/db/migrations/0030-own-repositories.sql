-- The repositories of projects without an address. Each process makes a copy from what is noted here.
create table own_repositories (
  project_id integer primary key references projects (id),
  -- Changes whenever a ref or a pack does, so that a copy knows whether it is up to date.
  version    bigint not null,
  bytes      bigint not null
);

create table repository_refs (
  project_id integer not null references own_repositories (project_id),
  -- The whole name, such as refs/heads/main.
  name       text collate "C" not null,
  sha        text not null,
  primary key (project_id, name)
);

-- Objects of git, in packs that are whole in themselves. A pack may hold objects that another one has too.
create table repository_packs (
  id         bigint generated always as identity primary key,
  project_id integer not null references own_repositories (project_id),
  object_key text not null unique,
  bytes      bigint not null
);

create index repository_packs_project on repository_packs (project_id, id);
