import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import type { SigningKeyStore, StoredSigningKey } from '@yardmaster/domain/ports'
import { readOrNewer } from './damage.ts'
import type { Database } from './database.ts'
import { placeOf, type SecretBox } from './secrets.ts'

interface KeyText {
  /** In PKCS #8, as PEM text. */
  readonly privateKey: string
}

const KEY_TEXT: StoredForm<KeyText> = { privateKey: { since: 1 } }

interface KeyRow {
  kid: string
  private_key: Uint8Array
  signs_from: Date
}

const ofKey = (kid: string) => placeOf('signing_keys.private_key', kid)

/** @throws for a damaged key; NewerFormError for that of a newer release. */
function readKey(secrets: SecretBox, { kid, private_key }: KeyRow): string {
  const { privateKey } = openObject(KEY_TEXT, JSON.parse(secrets.decrypt(private_key, ofKey(kid))))
  if (typeof privateKey !== 'string') throw new TypeError('a stored signing key has no text')
  return privateKey
}

export function signingKeyStore(db: Database, secrets: SecretBox): SigningKeyStore {
  return {
    async list() {
      const rows = await db.query<KeyRow>('select kid, private_key, signs_from from signing_keys order by id')
      const keys: StoredSigningKey[] = []
      for (const row of rows) {
        const privateKey = await readOrNewer(db, secrets, () => readKey(secrets, row))
        keys.push({ kid: row.kid, privateKey, signsFrom: row.signs_from })
      }
      return keys
    },

    async add({ kid, privateKey, signsFrom, replaces }) {
      const text = JSON.stringify(storeObject(KEY_TEXT, { privateKey }))
      const added = await db.query(
        `insert into signing_keys (kid, replaces, private_key, signs_from) values ($1, $2, $3, $4)
         on conflict do nothing returning kid`,
        [kid, replaces ?? '', secrets.encrypt(text, ofKey(kid)), signsFrom],
      )
      return added.length > 0
    },

    async remove(kids) {
      await db.query('delete from signing_keys where kid = any ($1)', [kids])
    },
  }
}
