import { MOVES } from '@yardmaster/domain/jobs'
import type { Database, Queryable } from '../database.ts'

const LEGAL = Object.values(MOVES).flatMap((move) =>
  move.from.flatMap((before) =>
    move.to.flatMap((after) =>
      ('of' in move ? [move.of] : ['build', 'trigger']).map((kind) => `${kind} ${before ?? 'nothing'} -> ${after}`),
    ),
  ),
)

/**
 * Makes a database refuse every move of a job that `MOVES` does not have. A sequence counts the refusals, because a
 * rollback does not reset it: a caller that swallows the error can't hide it.
 */
export const REFUSE_MOVES = `
create sequence refused_moves;
create function refuse_move() returns trigger language plpgsql as $$
declare
  move text := coalesce(old.status, 'nothing') || ' -> ' || new.status;
begin
  if old.status is distinct from new.status and new.kind || ' ' || move <> all ('{${LEGAL}}')
     and coalesce(current_setting('yardmaster.any_move', true), '') <> 'on' then
    perform nextval('refused_moves');
    raise exception 'job %: no move is %', new.id, move;
  end if;
  return null;
end $$;
create trigger refuse_move after insert or update of status on jobs for each row execute function refuse_move()`

/** Fails when a move was refused since the database was created. */
export async function expectNoRefusedMove(db: Queryable): Promise<void> {
  const [refused] = await db.query<{ last_value: number }>('select last_value from refused_moves where is_called')
  if (refused) throw new Error(`${refused.last_value} moves of jobs were refused, because MOVES does not have them`)
}

/** Runs SQL that prepares a test: it may move jobs from any status to any other. */
export async function arrange(db: Database, sql: string, params?: readonly unknown[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query("select set_config('yardmaster.any_move', 'on', true)")
    if (params) await tx.query(sql, params)
    else await tx.script(sql)
  })
}
