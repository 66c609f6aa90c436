-- When it was last removed. A later job that names it brings it back, and `created_at` is later then; its deployments of
-- before do not count.
alter table environments add column removed_at timestamptz(3);

-- As before, and a deployment that ends after the removal of its environment brings that back.
create or replace function note_environment() returns trigger language plpgsql as $$
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
           created_at = case when e.removed_at >= e.created_at
                             then greatest(now(), e.removed_at + interval '1 millisecond') else e.created_at end,
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
