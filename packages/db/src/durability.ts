import type { Queryable } from './database.ts'

/** What a server must not have switched off, and what happens otherwise. */
const NEEDED = [
  ['fsync', 'a power cut or a crash of its machine may lose what was stored, or damage the database'],
  ['full_page_writes', 'a power cut or a crash of its machine may damage the database'],
  ['synchronous_commit', 'a crash of it may lose what runners were told is stored'],
] as const

/** Sentences for the operator about settings with which an answer does not mean that what it tells of is on the disk. */
export async function durabilityConcerns(db: Pick<Queryable, 'query'>): Promise<string[]> {
  const [row] = await db.query<Record<string, string>>(
    `select ${NEEDED.map(([name]) => `current_setting('${name}') as ${name}`).join(', ')}`,
  )
  return NEEDED.filter(([name]) => row?.[name] === 'off').map(
    ([name, consequence]) => `The database server has ${name} = off: ${consequence}`,
  )
}
