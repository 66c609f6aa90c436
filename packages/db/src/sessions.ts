import type { SessionStore, SignIn } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'

export function sessionStore(db: Database): SessionStore {
  const add =
    (table: 'sign_in_links' | 'sessions') =>
    async ({ digest, boundTo, expiresAt }: SignIn): Promise<void> => {
      await db.query(`insert into ${table} (digest, bound_to, expires_at) values ($1, $2, $3)`, [
        digest,
        boundTo,
        expiresAt,
      ])
    }
  const isGood =
    (table: 'sign_in_links' | 'sessions') =>
    async ({ digest, boundTo }: Omit<SignIn, 'expiresAt'>): Promise<boolean> => {
      const found = await db.query(
        `select digest from ${table} where digest = $1 and bound_to = $2 and expires_at > now()`,
        [digest, boundTo],
      )
      return found.length > 0
    }

  return {
    addSignInLink: add('sign_in_links'),
    hasSignInLink: isGood('sign_in_links'),
    add: add('sessions'),
    isValid: isGood('sessions'),

    async useSignInLink({ digest, boundTo }) {
      // Deleting a link uses it: of two concurrent callers, one finds no row.
      const used = await db.query<{ valid: boolean }>(
        'delete from sign_in_links where digest = $1 and bound_to = $2 returning expires_at > now() as valid',
        [digest, boundTo],
      )
      return used[0]?.valid ?? false
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
