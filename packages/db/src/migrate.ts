import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Database, DatabaseRefusedError, type Queryable } from './database.ts'

/** A large table takes time, and so does waiting for another process that is migrating. */
const UNLIMITED = { unlimited: true }

const FOLDER = new URL('../migrations/', import.meta.url)

interface Migration {
  readonly version: number
  readonly name: string
  readonly text: string
  /** SHA-256 of the text in lower-case hex, which identifies the migration. */
  readonly digest: string
}

/** Returns the migrations of this program, oldest first: files named `0001-….sql`. */
export async function knownMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort()
  return await Promise.all(
    names.map(async (name) => {
      // A checkout may have other line ends.
      const text = (await readFile(new URL(name, FOLDER), 'utf8')).replaceAll('\r\n', '\n')
      return { version: Number(name.slice(0, 4)), name, text, digest: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

/** Returns all migrations as one text: equal texts lead to the same schema. */
export async function migrationText(): Promise<string> {
  return (await knownMigrations()).map(({ text }) => text).join('\n')
}

/**
 * Brings the schema up to date: runs missing migrations, in order, in one transaction. Processes that start at once
 * wait for each other.
 *
 * @throws DatabaseRefusedError when this program did not create the schema: it is newer, or a migration has another
 * name or content than here. Any change by this program could do damage.
 */
export async function migrate(db: Database): Promise<void> {
  const known = await knownMigrations()

  const applied = await db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtext('yardmaster migrations'))")
    await tx.script(`create table if not exists schema_migrations (
      version integer primary key, name text not null, applied_at timestamptz(3) not null default now());
      alter table schema_migrations add column if not exists digest text`)
    const present = await appliedMigrations(tx, known)
    const missing = known.filter(({ version }) => !present.has(version))
    for (const { version, name, text, digest } of missing) {
      await tx.script(text)
      await tx.query('insert into schema_migrations (version, name, digest) values ($1, $2, $3)', [
        version,
        name,
        digest,
      ])
    }
    return missing.length
  }, UNLIMITED)
  // The planner guesses badly about tables that were never analysed.
  if (applied > 0) {
    await db.transaction((tx) => tx.script('analyze'), UNLIMITED)
    // Lists read an index of this table only, which works for pages that were vacuumed since they were written. If it
    // takes too long, lists are slower until the server has done it by itself.
    await db.script('vacuum jobs').catch(() => undefined)
  }
}

interface Applied {
  version: number
  name: string
  digest: string | null
}

/**
 * Returns the versions applied to the database and checks that they are the same as here. Adds digests to those that
 * were applied before digests were stored.
 */
async function appliedMigrations(tx: Queryable, known: readonly Migration[]): Promise<ReadonlySet<number>> {
  const rows = await tx.query<Applied>('select version, name, digest from schema_migrations order by version')
  const newest = known.at(-1)?.version ?? 0
  const present = rows.at(-1)?.version ?? 0
  if (present > newest) {
    throw new DatabaseRefusedError(
      `The database has schema version ${present}, this program knows versions up to ${newest}: ` +
        'it was migrated by a newer Yardmaster. Start that one, or restore a backup made before.',
    )
  }
  const byVersion = new Map(known.map((migration) => [migration.version, migration]))
  for (const { version, name, digest } of rows) refuseOther(byVersion.get(version), name, digest)
  const versions = new Set(rows.map(({ version }) => version))
  const left = known.find(({ version }) => version < present && !versions.has(version))
  if (left) throw new DatabaseRefusedError(`The database lacks the migration ${left.name}, but has later ones. ${WAYS}`)

  for (const { version } of rows.filter(({ digest }) => digest === null)) {
    const digest = byVersion.get(version)?.digest
    await tx.query('update schema_migrations set digest = $2 where version = $1', [version, digest])
  }
  return versions
}

const WAYS = 'Start the Yardmaster that it belongs to, or restore a backup.'

function refuseOther(mine: Migration | undefined, name: string, digest: string | null): void {
  if (!mine)
    throw new DatabaseRefusedError(`The database has the migration ${name}, which this program does not know. ${WAYS}`)
  if (mine.name !== name) {
    throw new DatabaseRefusedError(
      `The database has the migration ${name}, where this program has ${mine.name}. ${WAYS}`,
    )
  }
  if (digest !== null && digest !== mine.digest) {
    throw new DatabaseRefusedError(
      `The migration ${name} was applied to the database with other content than it has in this program. ${WAYS}`,
    )
  }
}
