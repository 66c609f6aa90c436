import type { Queryable } from './database.ts'

/** The id of a row that is yet to be written, for what is encrypted for it. */
export async function drawId(db: Queryable, table: 'groups' | 'projects' | 'webhooks'): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('${table}', 'id'))::integer as id`,
  )
  if (!row) throw new Error('a sequence returned no row')
  return row.id
}
