import type { SessionStore } from '@yardmaster/domain'
import type { Database } from './database.ts'

export function sessionStore(db: Database): SessionStore {
  return {
    async addSignInLink({ digest, boundTo, expiresAt }) {
      await db.query('insert into sign_in_links (digest, bound_to, expires_at) values ($1, $2, $3)', [
        digest,
        boundTo,
        expiresAt,
      ])
    },

    async hasSignInLink({ digest, boundTo }) {
      const found = await db.query(
        'select digest from sign_in_links where digest = $1 and bound_to = $2 and expires_at > now()',
        [digest, boundTo],
      )
      return found.length > 0
    },

    async useSignInLink({ digest, boundTo }) {
      // Deleting is using: of two who come at once, one finds nothing.
      const used = await db.query<{ valid: boolean }>(
        'delete from sign_in_links where digest = $1 and bound_to = $2 returning expires_at > now() as valid',
        [digest, boundTo],
      )
      return used[0]?.valid ?? false
    },

    async add({ digest, boundTo, expiresAt }) {
      await db.query('insert into sessions (digest, bound_to, expires_at) values ($1, $2, $3)', [
        digest,
        boundTo,
        expiresAt,
      ])
    },

    async isValid({ digest, boundTo }) {
      const found = await db.query(
        'select digest from sessions where digest = $1 and bound_to = $2 and expires_at > now()',
        [digest, boundTo],
      )
      return found.length > 0
    },

    async remove(digest) {
      await db.query('delete from sessions where digest = $1', [digest])
    },

    async removeAll() {
      await db.transaction(async (tx) => {
        await tx.query('delete from sign_in_links')
        await tx.query('delete from sessions')
      })
    },

    async removeExpired() {
      await db.query('delete from sign_in_links where expires_at <= now()')
      await db.query('delete from sessions where expires_at <= now()')
    },

    async bindOld(boundTo) {
      await db.query('update sign_in_links set bound_to = $1 where bound_to is null', [boundTo])
      await db.query('update sessions set bound_to = $1 where bound_to is null', [boundTo])
    },
  }
}
