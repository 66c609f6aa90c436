import { digestOf, newRegistrationToken } from '@yardmaster/domain'
import type { Queryable } from './database.ts'
import { drawId } from './draw-id.ts'
import { placeOf, type SecretBox } from './secrets.ts'

interface Found {
  id: number
  lineage: number[]
}

/** Finds or creates the group of that path, with all its ancestors. Concurrent callers get the same groups. */
export async function ensureGroup(tx: Queryable, secrets: SecretBox, path: string): Promise<number> {
  const segments = path.split('/')
  let parent: Found | null = null
  for (const depth of segments.keys()) {
    parent = await ensureOne(tx, secrets, segments.slice(0, depth + 1).join('/'), parent)
  }
  if (!parent) throw new RangeError('a group path has at least one segment')
  return parent.id
}

async function ensureOne(tx: Queryable, secrets: SecretBox, path: string, parent: Found | null): Promise<Found> {
  const find = () => tx.query<Found>('select id, lineage from groups where path = $1', [path])

  const [present] = await find()
  if (present) return present
  const token = newRegistrationToken()
  // The id is drawn first because the token is encrypted for it, and because the group's lineage ends with its own id.
  const id = await drawId(tx, 'groups')
  const encrypted = secrets.encrypt(token, placeOf('groups.registration_token', id))
  const [created] = await tx.query<Found>(
    `insert into groups (id, path, parent_id, lineage, registration_token_digest, registration_token)
     overriding system value
     values ($1, $2, $3, $4, $5, $6)
     on conflict (path) do nothing
     returning id, lineage`,
    [id, path, parent?.id ?? null, [...(parent?.lineage ?? []), id], digestOf(token), encrypted],
  )
  if (created) return created
  // Another transaction was faster; a new statement sees the group.
  const [theirs] = await find()
  if (!theirs) throw new Error(`The group ${path} vanished while it was being created.`)
  return theirs
}
