-- The name behind refs/runs/ of the working tree that a pipeline runs; null for other pipelines.
alter table pipelines add column run text;

-- As before, with the working tree: the names are those of the form in src/pipeline-event.ts.
create or replace function pipeline_event(pl pipelines) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'version', 2,
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
    'parent_id', pl.parent_id,
    'run', pl.run
  )
$$;

-- A working tree says nothing about the commit that it began with.
create function is_of_no_run() returns trigger language plpgsql as $$
begin
  if exists (select from pipelines where id = new.pipeline_id and run is not null) then return null; end if;
  return new;
end $$;
create trigger commit_status_changes_of_commits before insert on commit_status_changes
  for each row execute function is_of_no_run();

create index pipelines_run on pipelines (project_id, run) where run is not null;

alter table repository_refs add column created_at timestamptz not null default now();
create index repository_refs_runs on repository_refs (created_at) where name ^@ 'refs/runs/';

alter table own_repositories
  -- When the first ref was removed since the objects were that no ref reaches.
  add column refs_removed_at timestamptz,
  -- How often such objects were removed: what a push relied on may have been one of them.
  add column removals integer not null default 0;
