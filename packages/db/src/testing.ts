import { createHash, randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './database.ts'
import { migrate, openDatabase, openSecretBox, type SecretBox, type Stores, seed, stores } from './index.ts'
import { migrationText } from './migrate.ts'
import { type EmbeddedDatabase, openPGlite } from './pglite.ts'
import { expectNoRefusedMove, REFUSE_MOVES } from './testing/refuse-moves.ts'
import { TEMPLATE_FOLDER } from './testing/template-folder.ts'

export { makeEmptyDirectory } from './testing/empty-directory.ts'
export { arrange } from './testing/refuse-moves.ts'
export { openWire } from './wire.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly db: Database
  readonly secrets: SecretBox
  readonly stores: Stores
  /** On a PostgreSQL server, the address of this database, for a second pool or another process. */
  readonly url: string | null
}

/** All test databases use the same key, so that a copied template can be read. */
export const TEST_KEY = createHash('sha256').update('a key for tests').digest()

/**
 * Opens a migrated and seeded database for one test file. It refuses moves of jobs that are not in `MOVES`. It is in
 * memory, or, with `TEST_DATABASE_URL` (a PostgreSQL server on which databases may be created), a copy of a template
 * that is dropped when closed. Opening PGlite takes most of a second: open one per file, not one per test.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL
  const secrets = openSecretBox(TEST_KEY)
  if (server) return openCopy(server, secrets)

  const db = await openInMemory(secrets)
  return {
    db,
    secrets,
    stores: stores(db, secrets),
    url: null,
    async [Symbol.asyncDispose]() {
      await expectNoRefusedMove(db).finally(() => db.close())
    },
  }
}

/** Bytes that are read as they are. A `Blob` copies them several times, which is half of the opening of a database. */
class HeldBytes extends Blob {
  readonly #bytes: ArrayBuffer

  constructor(bytes: ArrayBuffer) {
    super([])
    this.#bytes = bytes
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes
  }
}

let template: HeldBytes | undefined

/** The first file of a run leaves its database, migrated and seeded, as a template for all others. */
async function openInMemory(secrets: SecretBox): Promise<EmbeddedDatabase> {
  const folder = process.env[TEMPLATE_FOLDER]
  if (folder) template ??= await readTemplate(join(folder, 'migrated'))
  if (template) return await openPGlite(undefined, template)

  const db = await openPGlite()
  await fill(db, secrets)
  if (folder) {
    const draft = join(folder, randomBytes(8).toString('hex'))
    await writeFile(draft, await (await db.dump()).bytes())
    await rename(draft, join(folder, 'migrated'))
  }
  return db
}

async function readTemplate(path: string): Promise<HeldBytes | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && new HeldBytes(new Uint8Array(bytes).buffer)
}

/** Opens an embedded database in memory for one test file, migrated and seeded, whatever servers there are. */
export async function openEmbeddedTestDatabase(): Promise<EmbeddedDatabase> {
  return await openInMemory(openSecretBox(TEST_KEY))
}

async function fill(db: Database, secrets: SecretBox): Promise<void> {
  await migrate(db)
  await seed(db, secrets)
  await db.script(REFUSE_MOVES)
}

async function openCopy(server: string, secrets: SecretBox): Promise<TestDatabase> {
  const template = await ensureTemplate(server, secrets)
  const made = await openNew(server, (name) => `create database ${name} template ${template}`)
  return {
    ...made,
    secrets,
    stores: stores(made.db, secrets),
    async [Symbol.asyncDispose]() {
      await expectNoRefusedMove(made.db).finally(() => made[Symbol.asyncDispose]())
    },
  }
}

async function openNew(server: string, create: (name: string) => string) {
  const name = `yardmaster_test_${randomBytes(8).toString('hex')}`
  await onServer(server, (admin) => admin.script(create(name)))
  const url = databaseOn(server, name)
  const db = await openDatabase({ kind: 'postgres', url, poolSize: 20 })
  return {
    db,
    url,
    async [Symbol.asyncDispose]() {
      await db.close()
      await onServer(server, (admin) => admin.script(`drop database ${name} with (force)`))
    },
  }
}

/** Creates an empty database on the server, which is dropped when closed. */
export async function openEmptyDatabase(): Promise<{ db: Database; url: string } & AsyncDisposable> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) throw new Error('TEST_DATABASE_URL names no server')
  return await openNew(server, (name) => `create database ${name}`)
}

/** Creates the template, named after its content, so that a changed migration gets a new one. */
async function ensureTemplate(server: string, secrets: SecretBox): Promise<string> {
  const digest = createHash('sha256')
    .update(TEST_KEY)
    .update(await migrationText())
    .update(REFUSE_MOVES)
    .digest('hex')
  const name = `yardmaster_template_${digest.slice(0, 16)}`
  await onServer(server, async (admin) => {
    // Test files run in separate processes; one of them creates the template, and the others wait. It gets its name
    // last, so a template with that name is complete.
    await admin.query("select pg_advisory_lock(hashtext('yardmaster test template'))")
    if ((await admin.query('select from pg_database where datname = $1', [name])).length > 0) return
    await admin.script(`drop database if exists ${name}_draft with (force)`)
    await admin.script(`create database ${name}_draft`)
    {
      await using draft = await openDatabase({ kind: 'postgres', url: databaseOn(server, `${name}_draft`) })
      await fill(draft, secrets)
    }
    await admin.script(`alter database ${name}_draft rename to ${name}`)
  })
  return name
}

/** Uses one connection, so that the lock is released when it ends. */
async function onServer(server: string, work: (admin: Database) => Promise<unknown>): Promise<void> {
  await using admin = await openDatabase({ kind: 'postgres', url: server, poolSize: 1, statementMs: 0 })
  await work(admin)
}

function databaseOn(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
