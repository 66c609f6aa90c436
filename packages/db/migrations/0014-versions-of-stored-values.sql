-- The newest version among the sealed values that a claim of the job reads (its definition, its pipeline's variables): a
-- process of a release that does not know it leaves the job to others. Beside the value, because claims can't look inside.
alter table job_secrets add column version integer not null default 1;
-- The same, where claims look.
alter table pending_jobs add column version integer not null default 1;
alter table projects add column variables_version integer not null default 1;

-- Find what waits for a newer release.
create index pending_jobs_newer on pending_jobs (version) where version > 1;
create index projects_newer on projects (variables_version) where variables_version > 1;
