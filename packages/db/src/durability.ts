import type { Queryable } from './database.ts'

/** Settings that a server must not switch off, and the consequences otherwise. */
const NEEDED = [
  ['fsync', 'a power cut or a crash of the machine may lose stored data, or damage the database'],
  ['full_page_writes', 'a power cut or a crash of the machine may damage the database'],
  ['synchronous_commit', 'a crash of the server may lose data that runners were told is stored'],
] as const

/** Returns sentences for the operator about settings with which a confirmed change may not be on the disk. */
export async function durabilityConcerns(db: Pick<Queryable, 'query'>): Promise<string[]> {
  const [row] = await db.query<Record<string, string>>(
    `select ${NEEDED.map(([name]) => `current_setting('${name}') as ${name}`).join(', ')}`,
  )
  return NEEDED.filter(([name]) => row?.[name] === 'off').map(
    ([name, consequence]) => `The database server has ${name} = off: ${consequence}`,
  )
}
