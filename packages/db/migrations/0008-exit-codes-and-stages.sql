-- As the runner sent it: Windows has codes beyond 32 bits' signed half. A stored 0 was never sent, because runners leave
-- it out: it stood for "none was sent", or for a negative code that was cut to it.
alter table jobs alter column exit_code type bigint using nullif(exit_code, 0);

-- The place of the job's stage among those of its pipeline, from 0. Playing or retrying a job revives skipped jobs of
-- later stages.
alter table jobs add column stage_index integer not null default 0;
update jobs j
   set stage_index = s.place
  from (select pipeline_id, stage, row_number() over (partition by pipeline_id order by min(id)) - 1 as place
          from jobs group by pipeline_id, stage) s
 where s.pipeline_id = j.pipeline_id and s.stage = j.stage and s.place > 0;

-- Of a removed project: no job of it is left that is not over.
alter table projects add column jobs_ended boolean not null default false;
create index projects_removed on projects (id) where deleted_at is not null and not jobs_ended;
