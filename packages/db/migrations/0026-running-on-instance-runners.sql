-- A claim counts the running jobs of each project that waits. If no job was running when the table was last analysed, the
-- planner expects to find none by `jobs_status` either, and reads all running jobs for each project. The condition
-- can be had from this index only (`src/claim-statement.ts`).
drop index jobs_on_instance_runners;
create index jobs_on_instance_runners on jobs (project_id) where status || '' = 'running' and on_instance_runner;
