import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { NewerFormError } from '@yardmaster/common'
import { type Database, DatabaseRefusedError } from './database.ts'

/** Columns with encrypted values, and what identifies their rows. */
export type EncryptedColumn =
  | 'meta.value'
  | 'settings.registration_token'
  | 'groups.registration_token'
  | 'projects.repo_url'
  | 'projects.repository'
  | 'projects.variables'
  | 'projects.registration_token'
  /** By pipeline. */
  | 'pipelines.variables'
  | 'pipelines.configuration'
  | 'pipelines.origin'
  /** By pipeline and name: a retried job has the encrypted definition of the one before, unchanged. */
  | 'job_secrets.definition'
  /** By the digest of the job's token: the session is encrypted before the database chooses the job. */
  | 'job_secrets.session'
  /** By job. */
  | 'job_reports.dotenv'
  | 'schedules.variables'
  | 'schedules.configuration'
  /** By project. */
  | 'commit_status_targets.token'
  | 'hook_secrets.secret'
  /** By project, kind and key. */
  | 'hook_deliveries.payload'
  | 'webhooks.url'
  | 'webhooks.secret'
  /** By the key's id. */
  | 'signing_keys.private_key'

/** The place that a value belongs to. It can't be decrypted in any other. */
export interface EncryptedPlace {
  readonly column: EncryptedColumn
  readonly row: string | number
}

export const placeOf = (column: EncryptedColumn, ...row: readonly (string | number)[]): EncryptedPlace => ({
  column,
  row: row.join(':'),
})

/** Encrypts secrets at rest: tokens that are shown again, variables, definitions, repository addresses. */
export interface SecretBox {
  encrypt(text: string, place: EncryptedPlace): Uint8Array
  /**
   * @throws for bytes that were encrypted with another key or for another place, or were changed; NewerFormError for
   * those that a newer release encrypted in another way.
   */
  decrypt(encrypted: Uint8Array, place: EncryptedPlace): string
}

/**
 * Precedes a value that is bound to its place. A value without it has the first form, which begins with a random nonce
 * and is not bound. Such a value is read, and gets the bound form the next time it is saved.
 */
const BOUND = Buffer.from('ymbound1')
/** The beginning of all bound forms; this release appends `1`. */
const ANY_BOUND = BOUND.subarray(0, -1)
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Opens AES-256-GCM with a fresh random nonce for each value. An encrypted value consists of the mark of its form,
 * nonce, tag and ciphertext; its place is associated data.
 *
 * @param key - 32 bytes.
 */
export function openSecretBox(key: Uint8Array): SecretBox {
  if (key.length !== 32) throw new RangeError(`an encryption key has 32 bytes, this one has ${key.length}`)
  // Created once: creating it from bytes in every call would cost four times as much as encrypting a short text.
  const secretKey = createSecretKey(key)
  const dataOf = ({ column, row }: EncryptedPlace) => Buffer.from(`${column} ${row}`)

  function decipher(encrypted: Uint8Array, associated: Uint8Array | null): string {
    const nonce = encrypted.subarray(0, NONCE_BYTES)
    const cipher = createDecipheriv('aes-256-gcm', secretKey, nonce, { authTagLength: TAG_BYTES })
    if (associated) cipher.setAAD(associated)
    cipher.setAuthTag(encrypted.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    return cipher.update(encrypted.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + cipher.final('utf8')
  }

  return {
    encrypt(text, place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secretKey, nonce).setAAD(dataOf(place))
      const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([BOUND, nonce, cipher.getAuthTag(), ciphertext])
    },
    decrypt(encrypted, place) {
      const isBound = BOUND.equals(encrypted.subarray(0, BOUND.length))
      if (!isBound && ANY_BOUND.equals(encrypted.subarray(0, ANY_BOUND.length))) throw new NewerFormError(2, 1)
      return isBound ? decipher(encrypted.subarray(BOUND.length), dataOf(place)) : decipher(encrypted, null)
    },
  }
}

/** Null stays null: a missing secret is not encrypted. */
export const encryptNullable = (secrets: SecretBox, text: string | null, place: EncryptedPlace): Uint8Array | null =>
  text === null ? null : secrets.encrypt(text, place)

export const decryptNullable = (
  secrets: SecretBox,
  encrypted: Uint8Array | null,
  place: EncryptedPlace,
): string | null => (encrypted === null ? null : secrets.decrypt(encrypted, place))

const KEY_CHECK = 'encryption_key_check'
const KEY_CHECK_PLACE = placeOf('meta.value', KEY_CHECK)
const KNOWN_TEXT = 'sealed by Yardmaster'

/**
 * Makes sure that the stored data was encrypted with this key, before any of it is read or written. The first process
 * encrypts a known text for the others.
 *
 * @throws DatabaseRefusedError when the data belongs to another key.
 */
export async function checkKey(db: Database, secrets: SecretBox): Promise<void> {
  await db.query('insert into meta (key, value) values ($1, $2) on conflict do nothing', [
    KEY_CHECK,
    secrets.encrypt(KNOWN_TEXT, KEY_CHECK_PLACE),
  ])
  if (await opensKnownText(db, secrets)) return
  throw new DatabaseRefusedError(
    'ENCRYPTION_KEY cannot read the secrets in this database: they were encrypted with another key. ' +
      'Give this process the key the database was first used with.',
  )
}

/** Returns whether this key decrypts the known text of the first process. */
export async function opensKnownText(db: Database, secrets: SecretBox): Promise<boolean> {
  const [row] = await db.query<{ value: Uint8Array }>('select value from meta where key = $1', [KEY_CHECK])
  try {
    return row !== undefined && secrets.decrypt(row.value, KEY_CHECK_PLACE) === KNOWN_TEXT
  } catch {
    // An unreadable text is the answer, whatever error the cipher reports.
    return false
  }
}
