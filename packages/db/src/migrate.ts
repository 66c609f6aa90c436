import { readdir, readFile } from 'node:fs/promises'
import { type Database, DatabaseRefusedError } from './database.ts'

/** A large table takes its time, and so does another process that migrates already. */
const UNLIMITED = { unlimited: true }

const FOLDER = new URL('../migrations/', import.meta.url)

interface Migration {
  readonly version: number
  readonly name: string
}

/** Migrations this program knows, oldest first: files named `0001-what.sql`. */
async function knownMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort()
  return names.map((name) => ({ version: Number(name.slice(0, 4)), name }))
}

/** All migrations in one text: two equal texts lead to the same schema. */
export async function migrationText(): Promise<string> {
  const known = await knownMigrations()
  const texts = await Promise.all(known.map(({ name }) => readFile(new URL(name, FOLDER), 'utf8')))
  return texts.join('\n')
}

/**
 * Brings the schema up to what this program knows: runs what is missing, in order, in one transaction. Processes that
 * start at once wait for each other.
 *
 * @throws DatabaseRefusedError when the schema is newer than this program: an older program must not write to it.
 */
export async function migrate(db: Database): Promise<void> {
  const known = await knownMigrations()
  const newest = known.at(-1)?.version ?? 0

  const applied = await db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtext('yardmaster migrations'))")
    await tx.script(`create table if not exists schema_migrations (
      version integer primary key, name text not null, applied_at timestamptz(3) not null default now())`)
    const [row] = await tx.query<{ version: number }>(
      'select coalesce(max(version), 0) as version from schema_migrations',
    )
    const present = row?.version ?? 0
    if (present > newest) {
      throw new DatabaseRefusedError(
        `The database has schema version ${present}, this program knows versions up to ${newest}: ` +
          'it was migrated by a newer Yardmaster. Start that one, or restore a backup made before.',
      )
    }
    const missing = known.filter(({ version }) => version > present)
    for (const { version, name } of missing) {
      await tx.script(await readFile(new URL(name, FOLDER), 'utf8'))
      await tx.query('insert into schema_migrations (version, name) values ($1, $2)', [version, name])
    }
    return missing.length
  }, UNLIMITED)
  // The planner guesses badly about tables nobody has looked at yet.
  if (applied > 0) await db.transaction((tx) => tx.script('analyze'), UNLIMITED)
}
