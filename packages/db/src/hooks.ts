import { randomBytes } from 'node:crypto'
import type { HookDelivery, NewHookDelivery, TakenHookDelivery } from '@yardmaster/domain/hooks'
import type { HookStore } from '@yardmaster/domain/ports'
import { readIfPossible, readOrNewer } from './damage.ts'
import type { Database, Queryable } from './database.ts'
import { decryptHookPayload, encryptHookPayload } from './encrypted-values.ts'
import { placeOf, type SecretBox } from './secrets.ts'
import { shareStatements } from './share-statements.ts'

type DeliveryRow = HookDelivery

interface TakenRow extends DeliveryRow, Pick<TakenHookDelivery, 'approved' | 'done' | 'failures' | 'taken'> {
  readonly payload: Uint8Array
}

// Pipelines that were removed are no longer named.
const COLUMNS = `d.id, d.project_id as "projectId", d.kind, d.key, d.event, d.subjects, d.received_at as "receivedAt", d.outcome,
  d.message, d.due_at as "dueAt",
  array(select made.id
          from unnest(d.pipeline_ids) with ordinality as made (id, n)
          join pipelines pl on pl.id = made.id and pl.deleted_at is null
         order by made.n) as "pipelineIds"`
const TAKEN_COLUMNS = `${COLUMNS}, d.payload, d.approved, d.done, d.failures, d.taken`

const LEASED = (lease: string) => `now() + ${lease}::float8 * interval '1 millisecond'`
const FREE = (d: string) => `(${d}.taken_until is null or ${d}.taken_until <= now())`

const SECRETS = {
  name: 'secrets-of-hooks',
  text: 'select project_id, secret from hook_secrets where project_id = any ($1::integer[])',
}

// A sender that repeats a delivery may be faster than the first request: then the conflict waits for it.
const ADD = {
  name: 'add-hook-delivery',
  text: `
with given as materialized (
  select * from json_to_recordset($1::json)
                  as g (project_id integer, kind text, key text, event text, subjects text[], payload text)
), there as materialized (
  select id from projects where id in (select project_id from given) and deleted_at is null order by id for key share
)
insert into hook_deliveries (project_id, kind, key, event, subjects, payload)
select there.id, kind, key, event, subjects, decode(payload, 'base64')
  from given join there on there.id = given.project_id
 order by there.id, kind, key
on conflict (project_id, kind, key) do nothing
returning id, project_id, kind, key`,
}

const FIND_BY_KEY = {
  name: 'hook-deliveries-by-key',
  text: `
select d.id, d.project_id, d.kind, d.key
  from unnest($1::integer[], $2::text[], $3::text[]) as asked (project_id, kind, key)
  join hook_deliveries d using (project_id, kind, key)`,
}

const addedOf = (secrets: SecretBox, delivery: NewHookDelivery): Added => ({
  ...delivery,
  encrypted: Buffer.from(encryptHookPayload(secrets, delivery.payload, delivery)).toString('base64'),
})

const parameterOf = (added: readonly Added[]): string =>
  JSON.stringify(
    added.map(({ projectId, encrypted, kind, key, event, subjects }) => ({
      ...{ project_id: projectId, kind, key, event, subjects, payload: encrypted },
    })),
  )

/** Stores a delivery whose key is new, within a transaction. Returns its id. */
export async function addHookDelivery(tx: Queryable, secrets: SecretBox, delivery: NewHookDelivery): Promise<number> {
  const [row] = await tx.query<{ id: number }>(ADD, [parameterOf([addedOf(secrets, delivery)])])
  if (!row) throw new Error('a new delivery was not stored')
  return row.id
}

/** Deliveries of one statement, and characters of their payloads. */
const MOST_TOGETHER = 50
const MOST_CHARACTERS = 1_048_576

/** A delivery that is about to be stored. */
interface Added extends NewHookDelivery {
  /** Encrypted, in base64. */
  readonly encrypted: string
}

const nameOf = ({ projectId, kind, key }: Pick<NewHookDelivery, 'projectId' | 'kind' | 'key'>) =>
  `${projectId} ${kind} ${key}`

// One waits for those before it that are about the same and were not worked on yet, also for those under way.
const TAKE_DUE = {
  name: 'take-due-hook-deliveries',
  text: `
with due as materialized (
  select d.id
    from hook_deliveries d
    join projects p on p.id = d.project_id and p.deleted_at is null
   where d.due_at <= now() and ${FREE('d')}
     and not exists (select from hook_deliveries ahead
                      where ahead.project_id = d.project_id and ahead.id < d.id and ahead.due_at is not null
                        and ahead.outcome = 'received' and ahead.subjects && d.subjects)
   order by d.due_at, d.id
   limit $1
     for update of d skip locked
), d as (
  update hook_deliveries set taken = taken + 1, taken_until = ${LEASED('$2')} where id in (select id from due)
  returning *
)
select ${TAKEN_COLUMNS} from d order by d.id`,
}

// From the beginning: what came of it before is forgotten, but not whether it was approved.
const TAKE = `
with asked as materialized (
  select d.id,
         case when not ${FREE('d')} then 'under_way' when $3 and d.outcome <> 'waiting' then 'not_waiting' end as refusal
    from hook_deliveries d
    join projects p on p.id = d.project_id and p.deleted_at is null
   where d.id = $1
     for update of d
), d as (
  update hook_deliveries d
     set taken = d.taken + 1, taken_until = ${LEASED('$2')}, due_at = now(), outcome = 'received', message = null,
         pipeline_ids = '{}', done = 0, failures = 0, approved = d.approved or $3
    from asked
   where d.id = asked.id and asked.refusal is null
  returning d.*
)
select asked.refusal, ${TAKEN_COLUMNS} from asked left join d on true`

const SETTLE = `
with d as (
  update hook_deliveries
     set outcome = $3, message = $4, failures = $5, due_at = ${LEASED('$6')}, taken_until = null
   where id = $1 and taken = $2
  returning *
)
select ${COLUMNS} from d`

// Those of removed projects are as old as can be.
const REMOVE_BEFORE = `
delete from hook_deliveries
 where id in ((select id from hook_deliveries where received_at < $1 order by id limit $2)
              union
              (select d.id from hook_deliveries d join projects p on p.id = d.project_id and p.deleted_at is not null
                limit $2)
              limit $2)
returning id`

const REMOVE_BEYOND = `
delete from hook_deliveries
 where id in (select old.id
                from (select distinct project_id from hook_deliveries) known
               cross join lateral (select id, due_at from hook_deliveries
                                    where project_id = known.project_id order by id desc offset $1) old
               where old.due_at is null
               limit $2)
returning id`

/** Stores secrets of incoming hooks, and what came in. */
export function hookStore(db: Database, secrets: SecretBox): HookStore {
  const secretPlace = (projectId: number) => placeOf('hook_secrets.secret', projectId)
  // Decrypted for projects without a secret, which takes as long.
  const nobody = { place: secretPlace(0), secret: secrets.encrypt(randomBytes(32).toString('base64'), secretPlace(0)) }

  // A push of many refs makes forges send many requests at once.
  const encryptedSecret = shareStatements<number, Uint8Array | null>(
    async (ids) => {
      const rows = await db.query<{ project_id: number; secret: Uint8Array }>(SECRETS, [ids])
      return ids.map((id) => rows.find((row) => row.project_id === id)?.secret ?? null)
    },
    (together) => together.length < MOST_TOGETHER,
  )
  const add = shareStatements<Added, { id: number; isNew: boolean } | null>(
    addTogether,
    (together, { encrypted }) =>
      together.length < MOST_TOGETHER &&
      together.reduce((sum, other) => sum + other.encrypted.length, encrypted.length) < MOST_CHARACTERS,
  )

  async function addTogether(added: readonly Added[]) {
    interface Named {
      readonly id: number
      readonly project_id: number
      readonly kind: HookDelivery['kind']
      readonly key: string
    }
    const byName = (rows: readonly Named[]) =>
      new Map(rows.map((row) => [nameOf({ ...row, projectId: row.project_id }), row.id]))
    const made = byName(await db.query<Named>(ADD, [parameterOf(added)]))
    const others = added.filter((one) => !made.has(nameOf(one)))
    const known =
      others.length === 0
        ? new Map<string, number>()
        : byName(
            await db.query<Named>(FIND_BY_KEY, [
              others.map(({ projectId }) => projectId),
              others.map(({ kind }) => kind),
              others.map(({ key }) => key),
            ]),
          )
    const isTold = new Set<string>()
    return added.map((one) => {
      const name = nameOf(one)
      const id = made.get(name) ?? known.get(name)
      const isNew = made.has(name) && !isTold.has(name)
      isTold.add(name)
      return id === undefined ? null : { id, isNew }
    })
  }

  async function taken(row: TakenRow): Promise<TakenHookDelivery | null> {
    const { payload: encrypted, ...delivery } = row
    const payload = await readOrNewer(db, secrets, () => decryptHookPayload(secrets, encrypted, row))
    // A process of the newer release takes it when the lease is over.
    return payload === 'newer' ? null : { ...delivery, payload: payload ?? 'damaged' }
  }

  return {
    async secret(projectId) {
      const isId = Number.isInteger(projectId) && projectId > 0 && projectId <= 2_147_483_647
      const secret = await encryptedSecret(isId ? projectId : 0)
      if (secret) return await readIfPossible(db, secrets, () => secrets.decrypt(secret, secretPlace(projectId)))
      secrets.decrypt(nobody.secret, nobody.place)
      return null
    },

    async secretMadeAt(projectId) {
      const [row] = await db.query<{ created_at: Date }>('select created_at from hook_secrets where project_id = $1', [
        projectId,
      ])
      return row?.created_at ?? null
    },

    async replaceSecret(projectId, secret) {
      const rows = await db.query(
        `insert into hook_secrets (project_id, secret)
         select p.id, $2 from (select id from projects where id = $1 and deleted_at is null for share) p
         on conflict (project_id) do update set secret = excluded.secret, created_at = now()
         returning project_id`,
        [projectId, secrets.encrypt(secret, secretPlace(projectId))],
      )
      return rows.length > 0
    },

    add: (delivery) => add(addedOf(secrets, delivery)),

    async find(id) {
      const [row] = await db.query<DeliveryRow>(`select ${COLUMNS} from hook_deliveries d where d.id = $1`, [id])
      return row ?? null
    },

    list: ({ projectId, before, limit }) =>
      db.query<DeliveryRow>(
        `select ${COLUMNS} from hook_deliveries d
          where d.project_id = $1 and ($2::integer is null or d.id < $2)
          order by d.id desc limit $3`,
        [projectId, before ?? null, limit],
      ),

    async takeDue({ limit, leaseMs }) {
      const rows = await db.query<TakenRow>(TAKE_DUE, [limit, leaseMs])
      return (await Promise.all(rows.map(taken))).filter((one) => one !== null)
    },

    async take(id, { leaseMs, approving }) {
      const [row] = await db.query<TakenRow & { refusal: 'under_way' | 'not_waiting' | null }>(TAKE, [
        id,
        leaseMs,
        approving,
      ])
      if (!row) return null
      const { refusal, ...delivery } = row
      return refusal ?? (await taken(delivery)) ?? 'under_way'
    },

    async renew({ id, taken }, leaseMs) {
      const rows = await db.query(
        `update hook_deliveries set taken_until = ${LEASED('$3')} where id = $1 and taken = $2 returning id`,
        [id, taken, leaseMs],
      )
      return rows.length > 0
    },

    async noteDone({ id, taken }, done) {
      const rows = await db.query(
        'update hook_deliveries set done = done + 1 where id = $1 and taken = $2 and done = $3 returning id',
        [id, taken, done],
      )
      return rows.length > 0
    },

    async settle({ id, taken }, { outcome, message, failures, againInMs }) {
      const [row] = await db.query<DeliveryRow>(SETTLE, [id, taken, outcome, message, failures, againInMs])
      return row ?? null
    },

    removeBefore: async (before, limit) => (await db.query(REMOVE_BEFORE, [before, limit])).length,
    removeBeyond: async (most, limit) => (await db.query(REMOVE_BEYOND, [most, limit])).length,
  }
}
