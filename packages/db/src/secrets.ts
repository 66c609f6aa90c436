import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { NewerFormError } from '@yardmaster/common'
import { type Database, DatabaseRefusedError } from './database.ts'

/** Columns whose values are encrypted, and what tells their rows apart. */
export type EncryptedColumn =
  | 'meta.value'
  | 'settings.registration_token'
  | 'groups.registration_token'
  | 'projects.repo_url'
  | 'projects.variables'
  | 'projects.registration_token'
  /** By pipeline. */
  | 'pipelines.variables'
  /** By pipeline and name: a retried job has the definition of the one before, as it was encrypted. */
  | 'job_secrets.definition'
  /** By the digest of the job's token: the session is encrypted before the database chooses the job. */
  | 'job_secrets.session'
  /** By job. */
  | 'job_reports.dotenv'
  | 'webhooks.url'
  | 'webhooks.secret'

/** The place a value belongs to. At any other it can't be opened. */
export interface EncryptedPlace {
  readonly column: EncryptedColumn
  readonly row: string | number
}

export const placeOf = (column: EncryptedColumn, ...row: readonly (string | number)[]): EncryptedPlace => ({
  column,
  row: row.join(':'),
})

/** Encrypts what is secret at rest: tokens that are shown again, variables, definitions, repository addresses. */
export interface SecretBox {
  encrypt(text: string, place: EncryptedPlace): Uint8Array
  /**
   * @throws for bytes that were encrypted with another key or for another place, or changed since; NewerFormError for those
   *   that a newer release encrypted in a way of its own.
   */
  decrypt(encrypted: Uint8Array, place: EncryptedPlace): string
}

/**
 * Before a value that is bound to its place. One without it is of the first form, which begins with its random nonce and
 * is bound to nothing. It is read, and gets this form when it is saved the next time.
 */
const BOUND = Buffer.from('ymbound1')
/** Begins every bound form. What follows it in this release is `1`. */
const ANY_BOUND = BOUND.subarray(0, -1)
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM with a fresh random nonce each time. A encrypted text is the mark of its form, nonce, tag, ciphertext; its
 * place is associated data.
 *
 * @param key - 32 bytes.
 */
export function openSecretBox(key: Uint8Array): SecretBox {
  if (key.length !== 32) throw new RangeError(`an encryption key has 32 bytes, this one has ${key.length}`)
  // Made once: from bytes, every call would make it again, at four times the cost of a short text.
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

/** Null stays null: an absent secret is no secret. */
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
 * Makes sure that what is stored was encrypted with this key, before anything is read or written with it. The first
 * process to come leaves a encrypted known text for the others.
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

/** Whether this key opens what the first process encrypted. */
export async function opensKnownText(db: Database, secrets: SecretBox): Promise<boolean> {
  const [row] = await db.query<{ value: Uint8Array }>('select value from meta where key = $1', [KEY_CHECK])
  try {
    return row !== undefined && secrets.decrypt(row.value, KEY_CHECK_PLACE) === KNOWN_TEXT
  } catch {
    // An unreadable text is the answer, whatever the cipher says about it.
    return false
  }
}
