-- How long a job usually takes is asked of the newest ones of its project and name that succeeded
-- (src/successful-runs.ts). Pieces of log move none of these columns.
create index jobs_succeeded on jobs (project_id, profile_id, id) where status = 'success';
