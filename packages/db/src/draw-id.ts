import type { Queryable } from './database.ts'

/** Draws the id of a row before it is inserted, for values that are encrypted for that row. */
export async function drawId(db: Queryable, table: 'groups' | 'projects' | 'schedules' | 'webhooks'): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('${table}', 'id'))::integer as id`,
  )
  if (!row) throw new Error('a sequence returned no row')
  return row.id
}
