import type { Database } from './database.ts'

/**
 * One row, which fails on a standby and in a read-only database. And a sort that does not fit into its memory: it takes
 * a mebibyte of the disk for a moment, where a full disk shows before a row finds no room in what the table has already.
 */
const PROBE = `
set local work_mem = '64kB';
insert into meta (key, value) values ('probe', '') on conflict (key) do update set value = excluded.value;
select count(*) from (select repeat(md5(n::text), 4) from generate_series(1, 8000) n order by 1) spilled`

/** Rejects when the database does not answer, or takes no writes. The schema must be there. */
export async function probeWrites(db: Database): Promise<void> {
  await db.probe()
  await db.script(PROBE)
}
