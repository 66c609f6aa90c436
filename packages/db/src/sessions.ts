import type { SessionStore } from '@yardmaster/domain'
import type { Database } from './database.ts'

export function sessionStore(db: Database): SessionStore {
  return {
    async addSignInLink(digest, expiresAt) {
      await db.query('insert into sign_in_links (digest, expires_at) values ($1, $2)', [digest, expiresAt])
    },

    async useSignInLink(digest) {
      // Deleting is using: of two who come at once, one finds nothing.
      const used = await db.query<{ valid: boolean }>(
        'delete from sign_in_links where digest = $1 returning expires_at > now() as valid',
        [digest],
      )
      return used[0]?.valid ?? false
    },

    async add(digest, expiresAt) {
      await db.query('insert into sessions (digest, expires_at) values ($1, $2)', [digest, expiresAt])
    },

    async isValid(digest) {
      const found = await db.query('select digest from sessions where digest = $1 and expires_at > now()', [digest])
      return found.length > 0
    },

    async remove(digest) {
      await db.query('delete from sessions where digest = $1', [digest])
    },

    async removeExpired() {
      await db.query('delete from sign_in_links where expires_at <= now()')
      await db.query('delete from sessions where expires_at <= now()')
    },
  }
}
