import { createCipheriv, randomBytes } from 'node:crypto'
import type { Database } from '../database.ts'
import { knownMigrations } from '../migrate.ts'

/** Encrypts as versions did before values were bound to their rows: nonce, tag, ciphertext. */
export function encryptFirstForm(text: string, key: Uint8Array): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext])
}

/** Creates the empty schema of the first release in a database, with its list of migrations, which had no digests. */
export async function makeFirstSchema(db: Database): Promise<void> {
  await db.script('drop schema public cascade; create schema public')
  await db.script(`create table schema_migrations (
    version integer primary key, name text not null, applied_at timestamptz(3) not null default now())`)
  for (const { version, name, text } of (await knownMigrations()).slice(0, 6)) {
    await db.script(text)
    await db.query('insert into schema_migrations (version, name) values ($1, $2)', [version, name])
  }
}
