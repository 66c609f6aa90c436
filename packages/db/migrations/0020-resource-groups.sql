-- How the jobs of a resource group take turns. A group comes into being with the first job that names it.
create table resource_groups (
  id          integer generated always as identity primary key,
  project_id  integer not null references projects,
  name        text not null,
  mode        text not null default 'unordered',
  unique (project_id, name)
);

insert into resource_groups (project_id, name)
select distinct project_id, resource_group from jobs where resource_group is not null order by 1, 2;

-- The pipeline at the top of the job's family; null for a job of that pipeline itself.
alter table jobs add column family_id integer;

update jobs j set family_id = pl.root_id
  from pipelines pl
 where pl.id = j.pipeline_id and pl.root_id is not null;

-- Jobs that wait for their resource, or may do so later, by the age of their family.
create index jobs_upcoming_in_resource_groups on jobs (project_id, resource_group, coalesce(family_id, pipeline_id), id)
 where resource_group is not null and status in ('created', 'scheduled', 'waiting_for_resource');
