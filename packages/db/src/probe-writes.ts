import type { Database } from './database.ts'

/**
 * Writes one row, which fails on a standby and in a read-only database. Then sorts more than fits into memory: this
 * takes a mebibyte of disk for a moment, and so detects a full disk while tables still have room for rows.
 */
const PROBE = `
set local work_mem = '64kB';
insert into meta (key, value) values ('probe', '') on conflict (key) do update set value = excluded.value;
select count(*) from (select repeat(md5(n::text), 4) from generate_series(1, 8000) n order by 1) spilled`

/** Rejects when the database does not answer or does not accept writes. The schema must exist. */
export async function probeWrites(db: Database): Promise<void> {
  await db.probe()
  await db.script(PROBE)
}
