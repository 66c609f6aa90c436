import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { type Database, DatabaseRefusedError } from './database.ts'

/** Encrypts what is secret at rest: tokens that are shown again, variables, definitions, repository addresses. */
export interface SecretBox {
  seal(text: string): Uint8Array
  /** Throws for bytes that were sealed with another key or changed since. */
  open(sealed: Uint8Array): string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM with a fresh random nonce each time. A sealed text is nonce, tag, ciphertext.
 *
 * @param key - 32 bytes.
 */
export function openSecretBox(key: Uint8Array): SecretBox {
  if (key.length !== 32) throw new RangeError(`an encryption key has 32 bytes, this one has ${key.length}`)
  // Made once: from bytes, every call would make it again, at four times the cost of a short text.
  const secretKey = createSecretKey(key)
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secretKey, nonce)
      const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext])
    },
    open(sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', secretKey, nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const ciphertext = sealed.subarray(NONCE_BYTES + TAG_BYTES)
      return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8')
    },
  }
}

/** Null stays null: an absent secret is no secret. */
export const sealNullable = (secrets: SecretBox, text: string | null): Uint8Array | null =>
  text === null ? null : secrets.seal(text)

export const openNullable = (secrets: SecretBox, sealed: Uint8Array | null): string | null =>
  sealed === null ? null : secrets.open(sealed)

const KEY_CHECK = 'encryption_key_check'
const KNOWN_TEXT = 'sealed by Yardmaster'

/**
 * Makes sure that what is stored was sealed with this key, before anything is read or written with it. The first
 * process to come leaves a sealed known text for the others.
 *
 * @throws DatabaseRefusedError when the data belongs to another key.
 */
export async function checkKey(db: Database, secrets: SecretBox): Promise<void> {
  await db.query('insert into meta (key, value) values ($1, $2) on conflict do nothing', [
    KEY_CHECK,
    secrets.seal(KNOWN_TEXT),
  ])
  if (await opensKnownText(db, secrets)) return
  throw new DatabaseRefusedError(
    'ENCRYPTION_KEY cannot read the secrets in this database: they were encrypted with another key. ' +
      'Give this process the key the database was first used with.',
  )
}

/** Whether this key opens what the first process sealed. */
export async function opensKnownText(db: Database, secrets: SecretBox): Promise<boolean> {
  const [row] = await db.query<{ value: Uint8Array }>('select value from meta where key = $1', [KEY_CHECK])
  try {
    return row !== undefined && secrets.open(row.value) === KNOWN_TEXT
  } catch {
    // An unreadable text is the answer, whatever the cipher says about it.
    return false
  }
}
