import { digestOf, newRegistrationToken } from '@yardmaster/domain'
import type { Queryable } from './database.ts'
import type { SecretBox } from './secrets.ts'

interface Found {
  id: number
  lineage: number[]
}

/** Finds or creates the group of that path, with all its ancestors. Two callers at once end up with the same groups. */
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
  // The id is drawn first because the group is the last of its own lineage.
  const [created] = await tx.query<Found>(
    `with drawn as (select nextval(pg_get_serial_sequence('groups', 'id'))::integer as id)
     insert into groups (id, path, parent_id, lineage, registration_token_digest, registration_token)
     overriding system value
     select id, $1, $2, $3::integer[] || id, $4, $5 from drawn
     on conflict (path) do nothing
     returning id, lineage`,
    [path, parent?.id ?? null, parent?.lineage ?? [], digestOf(token), secrets.seal(token)],
  )
  if (created) return created
  // Someone else was faster; a new statement sees the group.
  const [theirs] = await find()
  if (!theirs) throw new Error(`The group ${path} vanished while it was being created.`)
  return theirs
}
