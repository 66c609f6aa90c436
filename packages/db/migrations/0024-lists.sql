-- Lists and searches read what they show, however long the history is (docs/decisions/0017-lists-look-at-profiles-first.md).

-- A name with tags, as jobs have it. There are far fewer of them than jobs, so a search looks here first. Two rows may be
-- equal: jobs that are created at the same time do not wait for each other.
create table job_profiles (
  id      integer generated always as identity primary key,
  name    text not null,
  tags    text[] not null,
  -- Names and tags may be too long for an index.
  hash    bigint not null generated always as (hash_array_extended(tags, hashtextextended(name, 0))) stored,
  -- The name and the tags in lower case, each on a line.
  search  text not null
);
create index job_profiles_hash on job_profiles (hash);
create index job_profiles_name on job_profiles (name);

-- Returns the profile of jobs with this name and these tags, which may be a new one. Nothing removes a profile before the
-- end of the transaction (src/profiles.ts).
create function job_profile(given_name text, given_tags text[]) returns integer language plpgsql as $$
declare
  profile integer;
begin
  perform pg_advisory_xact_lock_shared(hashtext('yardmaster job profiles'));
  select p.id into profile
    from job_profiles p
   where p.hash = hash_array_extended(given_tags, hashtextextended(given_name, 0))
     and p.name = given_name and p.tags = given_tags
   limit 1;
  if profile is null then
    insert into job_profiles (name, tags, search)
    values (given_name, given_tags, lower(array_to_string(given_name || given_tags, E'\n')))
    returning id into profile;
  end if;
  return profile;
end $$;

insert into job_profiles (name, tags, search)
select name, tags, lower(array_to_string(name || tags, E'\n')) from jobs group by name, tags order by min(id);

-- When every job has a name of its own, there are as many profiles as jobs. Servers have this index with PostgreSQL's
-- additional modules only, and PGlite does not; searches find the same without it.
do $$ begin
  create extension if not exists pg_trgm;
  create index job_profiles_search on job_profiles using gin (search gin_trgm_ops) with (fastupdate = off);
exception when others then
  raise notice 'job profiles have no trigram index: %', sqlerrm;
end $$;

-- The table is written anew, as a change of all rows would do as well, but at its size. All of its indexes are, too.
drop index jobs_status;
drop index jobs_pipeline;
alter table jobs add column profile_id integer;
alter table jobs alter column profile_id type integer using job_profile(name, tags), alter column profile_id set not null;
create index jobs_profile on jobs (profile_id, id);
create index jobs_pipeline on jobs (pipeline_id, id);
-- An entry has everything that lists filter by, so that no row is read in vain.
create index jobs_status on jobs (status, id) include (profile_id, project_id, pipeline_id, runner_id, kind);

-- A trigger, because processes of the previous release may still be creating jobs.
create function note_profile() returns trigger language plpgsql as $$
begin
  new.profile_id := job_profile(new.name, new.tags);
  return new;
end $$;
create trigger jobs_have_profiles before insert on jobs for each row execute function note_profile();

-- The same for pipelines: what a search looks at, in lower case.
alter table pipelines
  add column search text not null
    generated always as (lower(coalesce(name, '') || E'\n' || ref || E'\n' || coalesce(sha, ''))) stored;
create index pipelines_of_ref on pipelines (ref, id);
create index pipelines_of_sha on pipelines (sha, id) where sha is not null;

create index audit_events_kind on audit_events (subject_kind, id) where subject_kind is not null;
