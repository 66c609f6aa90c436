-- What a second on this runner counts, against one on any other.
alter table runners add column cost_factor float8 not null default 1;
-- Its runner's when it ended: what was used is not priced anew later.
alter table jobs add column cost_factor float8 not null default 1;

-- Usage is added up from the jobs themselves, so that each counts once whatever crashes. The columns beside the key spare
-- a month's sum the jobs' rows. All of them move with an indexed status only.
create index jobs_ended on jobs (finished_at) include (project_id, runner_id, started_at, cost_factor)
 where started_at is not null and finished_at is not null;
