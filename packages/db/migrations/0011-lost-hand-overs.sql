-- When this process of a runner last came to ask for work. Unlike contacted_at it stands still while a request is held,
-- and when the runner speaks of its jobs.
alter table runner_managers add column asked_at timestamptz(3);

-- The answer that carried the job was one to a held request.
alter table jobs add column answered_hold boolean not null default false;
