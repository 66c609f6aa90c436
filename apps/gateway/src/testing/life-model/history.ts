import type { TestDatabase } from '@yardmaster/db/testing'

/** How likely it is that a change is committed with a delay, so that other changes meet it half done. */
export type Pace = 'brisk' | 'slow'

const LINGERING: Readonly<Record<Pace, number>> = { brisk: 0.08, slow: 0.5 }

/**
 * Records every status a job ever had, how long the job had been silent then, and whether a job it waits for was not
 * over. Delays changes as often as the table `pace` says.
 */
export const HISTORY = `
create table job_history (
  n bigint generated always as identity, job_id integer, before text, after text, reason text, silent_seconds float8,
  too_early boolean);
-- Needs of which one is skipped, or optional and was manual, decide before the others are over.
create function settled_early(awaited integer[]) returns boolean language sql as $$
  select exists (
    select from jobs b
     where b.id = any (awaited)
       and (b.status = 'skipped'
         or b.allow_failure and exists (select from job_history h where h.job_id = b.id and h.after = 'manual')))
$$;
create function note_status() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into job_history (job_id, after) values (new.id, new.status);
  elsif new.status <> old.status then
    insert into job_history (job_id, before, after, reason, silent_seconds, too_early)
    values (new.id, old.status, new.status, new.failure_reason,
            extract(epoch from now() - coalesce(old.last_signal_at, old.started_at)),
            old.status = 'created' and new.status not in ('canceled', 'failed') and exists (
              select from jobs b
               where b.id = any (new.waits_for)
                 and not (b.status = 'manual' and b.allow_failure)
                 and not (b.status in ('success', 'canceled', 'skipped') or b.status = 'failed' and b.retry_decided))
              and (new.by_stage or not settled_early(new.waits_for)));
  end if;
  return null;
end $$;
create trigger note_status after insert or update of status on jobs for each row execute function note_status();

-- Their numbers are not used again, and their run time still counts.
create table deleted_pipelines as select project_id from pipelines where false;
create table deleted_jobs as select id, project_id, kind, started_at from jobs where false;
create view counted_jobs as
  select id, project_id, kind, started_at from jobs union all table deleted_jobs;
create function note_deletion() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'jobs' then
    insert into deleted_jobs values (old.id, old.project_id, old.kind, old.started_at);
  else
    insert into deleted_pipelines values (old.project_id);
  end if;
  return null;
end $$;
create trigger note_deletion after delete on jobs for each row execute function note_deletion();
create trigger note_deletion after delete on pipelines for each row execute function note_deletion();

create table pace (lingering float8 not null);
insert into pace values (${LINGERING.brisk});
create function linger() returns trigger language plpgsql as $$
begin
  if random() < (select lingering from pace) then
    perform pg_sleep(random() * 0.02);
  end if;
  return null;
end $$;
-- In the middle of a statement, with some of its locks and not yet the others.
create function linger_at_row() returns trigger language plpgsql as $$
begin
  if random() < (select lingering from pace) / 4 then
    perform pg_sleep(random() * 0.02);
  end if;
  return new;
end $$;
create trigger linger_at_row before update of status on jobs for each row execute function linger_at_row();
create trigger linger_at_row before update on lanes for each row execute function linger_at_row();

create trigger linger after insert or update of status on jobs for each statement execute function linger();
create trigger linger after update of retries, past_retention on pipelines for each statement execute function linger();
create trigger linger after delete on trace_pieces for each statement execute function linger();
create trigger linger after delete on job_secrets for each statement execute function linger()`

export async function setPace(db: TestDatabase['db'], pace: Pace): Promise<void> {
  await db.query('update pace set lingering = $1', [LINGERING[pace]])
}
