import type { Attempt, Delivery, TakenDelivery, WebhookStore } from '@yardmaster/domain'
import { readOrDamaged } from './damage.ts'
import type { Database } from './database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'
import { placeOf, type SecretBox } from './secrets.ts'

interface DeliveryRow {
  id: number
  key: string
  webhook_id: number
  event: Delivery['event']
  job_id: number | null
  previous_status: Delivery['previousStatus']
  status: Delivery['status']
  created_at: Date
  state: Delivery['state']
  due_at: Date | null
  attempts: (Omit<Attempt, 'at'> & { at: string })[]
}

interface TakenRow extends DeliveryRow {
  url: Uint8Array
  secret: Uint8Array
}

const COLUMNS = ['id', 'key', 'webhook_id', 'event', 'job_id', 'previous_status', 'status', 'created_at', 'state']
  .concat('due_at', 'attempts')
  .map((column) => `d.${column}`)
  .join(', ')

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  key: row.key,
  webhookId: row.webhook_id,
  event: row.event,
  jobId: row.job_id,
  previousStatus: row.previous_status,
  status: row.status,
  createdAt: row.created_at,
  state: row.state,
  dueAt: row.due_at,
  attempts: row.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at) })),
})

/** A test is not tried again: whoever asked for it waits for its answer, and until then nobody else may take it. */
const ADD_TEST = `
with made as (
  insert into webhook_deliveries (webhook_id, event, due_at)
  select id, 'test', null from webhooks where id = $1
  returning *
)
select ${COLUMNS}, w.url, w.secret from made d join webhooks w on w.id = d.webhook_id`

// Per webhook, so that one that never answers takes no more than its share.
const TAKE_DUE = {
  name: 'take-due-deliveries',
  text: `
with due as materialized (
  select waiting.id
    from webhooks w
   cross join lateral (
     select id, due_at from webhook_deliveries
      where webhook_id = w.id and due_at <= now()
      order by due_at, id
      limit $2
        for update skip locked
   ) waiting
   where w.enabled and w.id <> all ($3::integer[])
   order by waiting.due_at, waiting.id
   limit $1
), taken as (
  update webhook_deliveries d
     set due_at = now() + $4 * interval '1 millisecond'
    from due
   where d.id = due.id
  returning d.*
)
select ${COLUMNS}, w.url, w.secret from taken d join webhooks w on w.id = d.webhook_id order by d.id`,
}

const JOBS = {
  name: 'jobs-of-deliveries',
  text: `
select d.id as delivery_id, ${JOB_COLUMNS}
  from ${jobView('webhook_deliveries d cross join lateral jsonb_populate_record(null::jobs, d.job)')}
 where d.id = any ($1::bigint[])`,
}

const SETTLE = {
  name: 'settle-delivery',
  text: `
update webhook_deliveries d
   set attempts = attempts || $2::jsonb, state = $3, due_at = now() + $4 * interval '1 millisecond'
 where id = $1 and state = 'waiting'
returning ${COLUMNS}`,
}

const MAKE_DUE = `
with asked as materialized (
  select d.id,
         case when d.event = 'test' then 'test'
              when not w.enabled then 'switched_off'
              when d.state = 'waiting' and d.due_at <= now() + $3 * interval '1 millisecond' then 'under_way' end as refusal
    from webhook_deliveries d join webhooks w on w.id = d.webhook_id
   where d.webhook_id = $1 and d.id = $2
     for update of d
), due as (
  update webhook_deliveries d
     set state = 'waiting', due_at = now()
    from asked
   where d.id = asked.id and asked.refusal is null
  returning d.*
)
select asked.refusal, ${COLUMNS} from asked left join due d on true`

type MadeDueRow = (DeliveryRow & { refusal: null }) | { refusal: 'test' | 'switched_off' | 'under_way' }

type DeliveryStore = Pick<
  WebhookStore,
  'deliveries' | 'addTest' | 'takeDue' | 'settle' | 'makeDue' | 'countWaiting' | 'removeDeliveriesBefore'
>

/** What webhooks are told: `WebhookStore` is made of this and the rest. */
export function deliveryStore(db: Database, secrets: SecretBox): DeliveryStore {
  async function taken(rows: readonly TakenRow[]): Promise<TakenDelivery[]> {
    const ids = rows.filter(({ event }) => event === 'job').map(({ id }) => id)
    const jobs = ids.length === 0 ? [] : await db.query<JobRow & { delivery_id: number }>(JOBS, [ids])
    const byDelivery = new Map(jobs.map((row) => [row.delivery_id, toJob(row)]))
    const target = (row: TakenRow) =>
      readOrDamaged(db, secrets, () => ({
        url: secrets.open(row.url, placeOf('webhooks.url', row.webhook_id)),
        secret: secrets.open(row.secret, placeOf('webhooks.secret', row.webhook_id)),
      }))
    return await Promise.all(
      rows.map(async (row) => ({
        ...toDelivery(row),
        target: await target(row),
        job: byDelivery.get(row.id) ?? null,
      })),
    )
  }

  return {
    async deliveries({ webhookId, before, limit }) {
      const rows = await db.query<DeliveryRow>(
        `select ${COLUMNS} from webhook_deliveries d
          where webhook_id = $1 and ($2::bigint is null or id < $2)
          order by id desc limit $3`,
        [webhookId, before ?? null, limit],
      )
      return rows.map(toDelivery)
    },

    async addTest(webhookId) {
      const [made] = await taken(await db.query<TakenRow>(ADD_TEST, [webhookId]))
      return made ?? null
    },

    async takeDue({ limit, perWebhook, except, leaseMs }) {
      return await taken(await db.query<TakenRow>(TAKE_DUE, [limit, perWebhook, except, leaseMs]))
    },

    async settle(id, attempt, { state, againInMs }) {
      const [row] = await db.query<DeliveryRow>(SETTLE, [id, JSON.stringify([attempt]), state, againInMs])
      return row ? toDelivery(row) : null
    },

    async makeDue({ webhookId, id }, leaseMs) {
      const [row] = await db.query<MadeDueRow>(MAKE_DUE, [webhookId, id, leaseMs])
      if (!row) return null
      return row.refusal === null ? toDelivery(row) : row.refusal
    },

    async countWaiting(most) {
      // The index of those that are due, and nothing else, is read.
      const [row] = await db.query<{ waiting: number }>(
        `select count(*)::int as waiting
           from (select from webhook_deliveries where due_at is not null limit $1) waiting`,
        [most],
      )
      return row?.waiting ?? 0
    },

    async removeDeliveriesBefore(before, limit) {
      // Ids follow time, so the oldest are found by the primary key.
      const removed = await db.query(
        `with oldest as materialized (select id, created_at from webhook_deliveries order by id limit $2)
         delete from webhook_deliveries d using oldest
          where d.id = oldest.id and oldest.created_at < $1
         returning d.id`,
        [before, limit],
      )
      return removed.length
    },
  }
}
