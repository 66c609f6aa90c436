-- What a job does in its environment. Null for jobs without one, and for jobs of earlier releases.
alter table jobs
  add column environment_action  text,
  add column environment_tier    text,
  add column environment_url     text,
  -- The job of its pipeline that stops what it deploys.
  add column on_stop             text,
  -- Seconds after which the environment is stopped; 0 for never.
  add column auto_stop_in        float8,
  -- The failure reason of a job that must not touch its environment; found out when the job is created.
  add column environment_refusal text;

-- Deployments: jobs that began in an environment.
create index jobs_in_environments on jobs (project_id, environment, started_at desc)
 where environment_action = 'start' and started_at is not null;
-- Jobs that are stopping one. There are few at any time.
create index jobs_stopping on jobs (project_id, environment)
 where environment_action = 'stop' and status in ('waiting_for_resource', 'preparing', 'pending', 'running', 'canceling');

-- Names, with `*` as wildcard, of environments that only jobs of protected refs may touch.
alter table projects add column protected_environments text[] not null default '{}';

create table environments (
  id           integer generated always as identity primary key,
  project_id   integer not null references projects,
  name         text not null,
  slug         text not null,
  tier         text not null,
  -- The web address that the last successful deployment named.
  url          text,
  -- The job of the last successful deployment.
  deployed_by  integer references jobs,
  created_at   timestamptz(3) not null default now(),
  -- Null while it is available.
  stopped_at   timestamptz(3),
  auto_stop_at timestamptz(3),
  unique (project_id, name)
);
create index environments_due on environments (auto_stop_at) where auto_stop_at is not null;

-- Environments follow their jobs in the transaction that ends a job: there is no moment in which a crash could lose a
-- deployment or a stop.
create function note_environment() returns trigger language plpgsql as $$
begin
  if new.environment_action is null or new.status <> 'success' or old.status = 'success' then
    return null;
  end if;
  if new.environment_action = 'stop' then
    update environments
       set stopped_at = coalesce(new.finished_at, now()), auto_stop_at = null
     where project_id = new.project_id and name = new.environment;
  else
    update environments e
       set stopped_at = case when new.environment_action <> 'start' then e.stopped_at end,
           deployed_by = case when new.environment_action = 'start' then new.id else e.deployed_by end,
           tier = case when new.environment_action = 'start' then new.environment_tier else e.tier end,
           url = case when new.environment_action = 'start' then new.environment_url else e.url end,
           auto_stop_at = case when new.auto_stop_in is null then e.auto_stop_at
                               when new.auto_stop_in > 0
                                 then coalesce(new.finished_at, now()) + new.auto_stop_in * interval '1 second' end
     where e.project_id = new.project_id and e.name = new.environment
       and (new.environment_action = 'start' or e.stopped_at is null and new.auto_stop_in is not null);
  end if;
  return null;
end $$;

create trigger jobs_in_environments_changed after update of status on jobs
  for each row execute function note_environment();
