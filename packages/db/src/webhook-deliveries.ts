import type { WebhookStore } from '@yardmaster/domain/ports'
import type { Delivery, TakenDelivery } from '@yardmaster/domain/webhooks'
import { readOrNewer } from './damage.ts'
import type { Database } from './database.ts'
import {
  PIPELINE_EVENT_VERSION,
  pipelineOfEvent,
  readPipelineEvent,
  type StoredPipelineEvent,
} from './pipeline-event.ts'
import { placeOf, type SecretBox } from './secrets.ts'
import { readAttempt, storedAttempt } from './stored-attempt.ts'
import { EVENT_VERSION, type EventSurroundings, jobOfEvent, readEvent, type StoredEvent } from './stored-event.ts'

interface DeliveryRow {
  id: number
  key: string
  webhook_id: number
  event: Delivery['event']
  job_id: number | null
  pipeline_id: number | null
  previous_status: Delivery['previousStatus']
  status: Delivery['status']
  created_at: Date
  state: Delivery['state']
  due_at: Date | null
  attempts: unknown[]
}

interface TakenRow extends DeliveryRow {
  job: unknown
  pipeline: unknown
  url: Uint8Array
  secret: Uint8Array
}

const COLUMNS = ['id', 'key', 'webhook_id', 'event', 'job_id', 'previous_status', 'status', 'created_at', 'state']
  .concat('due_at', 'attempts', 'pipeline_id')
  .map((column) => `d.${column}`)
  .join(', ')

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  key: row.key,
  webhookId: row.webhook_id,
  event: row.event,
  jobId: row.job_id,
  pipelineId: row.pipeline_id,
  previousStatus: row.previous_status,
  status: row.status,
  createdAt: row.created_at,
  state: row.state,
  dueAt: row.due_at,
  attempts: row.attempts.map(readAttempt),
})

/** A test is not retried: its caller waits for the result, and until then no other process may take it. */
const ADD_TEST = `
with made as (
  insert into webhook_deliveries (webhook_id, event, due_at)
  select id, 'test', null from webhooks where id = $1
  returning *
)
select ${COLUMNS}, d.job, d.pipeline, w.url, w.secret from made d join webhooks w on w.id = d.webhook_id`

// Limited per webhook, so that a webhook that never answers takes only its share. Events of a newer version wait for
// the processes of the release that writes them.
const TAKE_DUE = {
  name: 'take-due-deliveries',
  text: `
with due as materialized (
  select waiting.id
    from webhooks w
   cross join lateral (
     select id, due_at from webhook_deliveries
      where webhook_id = w.id and due_at <= now()
        and case when jsonb_typeof(job -> 'version') = 'number'
                 then (job ->> 'version')::numeric <= ${EVENT_VERSION} else true end
        and case when jsonb_typeof(pipeline -> 'version') = 'number'
                 then (pipeline ->> 'version')::numeric <= ${PIPELINE_EVENT_VERSION} else true end
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
select ${COLUMNS}, d.job, d.pipeline, w.url, w.secret from taken d join webhooks w on w.id = d.webhook_id order by d.id`,
}

// No row when the project or the pipeline is gone.
const SURROUNDINGS = {
  name: 'surroundings-of-events',
  text: `
select e.delivery_id, p.path as project_path, pl.ref, pl.tag, pl.sha, pl.protected,
       (select r.id from runners r where r.id = e.runner_id) as runner_id,
       (select m.id from runner_managers m where m.id = e.manager_id) as manager_id
  from unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[])
         as e (delivery_id, project_id, pipeline_id, runner_id, manager_id)
 cross join lateral (select * from projects where id = e.project_id offset 0) p
 cross join lateral (select * from pipelines where id = e.pipeline_id offset 0) pl`,
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

function eventOf(stored: unknown): StoredEvent | 'damaged' {
  try {
    return readEvent(stored)
  } catch {
    // Not encrypted, so the key can't be the cause.
    return 'damaged'
  }
}

function pipelineEventOf(stored: unknown): StoredPipelineEvent | 'damaged' {
  try {
    return readPipelineEvent(stored)
  } catch {
    return 'damaged'
  }
}

/** Stores deliveries: the part of `WebhookStore` for events. */
export function deliveryStore(db: Database, secrets: SecretBox): DeliveryStore {
  async function taken(rows: readonly TakenRow[]): Promise<TakenDelivery[]> {
    const events = new Map(rows.flatMap(({ id, event, job }) => (event === 'job' ? [[id, eventOf(job)] as const] : [])))
    const [around, pipelines] = await Promise.all([surroundingsOf(events), pipelinesOf(rows)])
    const jobOf = (id: number): TakenDelivery['job'] => {
      const event = events.get(id)
      const found = around.get(id)
      return event === 'damaged' ? event : event && found ? jobOfEvent(event, found) : null
    }
    const target = (row: TakenRow) =>
      readOrNewer(db, secrets, () => ({
        url: secrets.decrypt(row.url, placeOf('webhooks.url', row.webhook_id)),
        secret: secrets.decrypt(row.secret, placeOf('webhooks.secret', row.webhook_id)),
      }))
    const read = await Promise.all(rows.map(async (row) => ({ row, target: await target(row) })))
    // If a newer release encrypted the address, its processes take the delivery when our lease is over.
    return read.flatMap(({ row, target }) =>
      target === 'newer'
        ? []
        : [{ ...toDelivery(row), target, job: jobOf(row.id), pipeline: pipelines.get(row.id) ?? null }],
    )
  }

  async function surroundingsOf(
    events: ReadonlyMap<number, StoredEvent | 'damaged'>,
  ): Promise<ReadonlyMap<number, EventSurroundings>> {
    const whole = [...events].flatMap(([id, event]) => (event === 'damaged' ? [] : [{ id, event }]))
    if (whole.length === 0) return new Map()
    const rows = await db.query<EventSurroundings & { delivery_id: number }>(SURROUNDINGS, [
      whole.map(({ id }) => id),
      whole.map(({ event }) => event.project_id),
      whole.map(({ event }) => event.pipeline_id),
      whole.map(({ event }) => event.runner_id),
      whole.map(({ event }) => event.manager_id),
    ])
    return new Map(rows.map(({ delivery_id, ...found }) => [delivery_id, found]))
  }

  /** Returns pipelines by the ids of their deliveries. */
  async function pipelinesOf(rows: readonly TakenRow[]): Promise<ReadonlyMap<number, TakenDelivery['pipeline']>> {
    const events = rows.flatMap(({ id, event, pipeline }) =>
      event === 'pipeline' ? [{ id, event: pipelineEventOf(pipeline) }] : [],
    )
    const projects = [...new Set(events.flatMap(({ event }) => (event === 'damaged' ? [] : event.project_id)))]
    if (projects.length === 0) return new Map(events.map(({ id }) => [id, 'damaged']))
    const found = await db.query<{ id: number; path: string }>(
      'select id, path from projects where id = any ($1::integer[])',
      [projects],
    )
    const paths = new Map(found.map(({ id, path }) => [id, path]))
    return new Map(
      events.map(({ id, event }) => {
        const path = event === 'damaged' ? undefined : paths.get(event.project_id)
        return [id, event === 'damaged' ? event : path === undefined ? null : pipelineOfEvent(event, path)]
      }),
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

    async takeDue({ limit, perTarget, except, leaseMs }) {
      return await taken(await db.query<TakenRow>(TAKE_DUE, [limit, perTarget, except, leaseMs]))
    },

    async settle(id, attempt, { state, againInMs }) {
      const [row] = await db.query<DeliveryRow>(SETTLE, [
        id,
        JSON.stringify([storedAttempt(attempt)]),
        state,
        againInMs,
      ])
      return row ? toDelivery(row) : null
    },

    async makeDue({ webhookId, id }, leaseMs) {
      const [row] = await db.query<MadeDueRow>(MAKE_DUE, [webhookId, id, leaseMs])
      if (!row) return null
      return row.refusal === null ? toDelivery(row) : row.refusal
    },

    async countWaiting(most) {
      // Only the index of due deliveries is read.
      const [row] = await db.query<{ waiting: number }>(
        `select count(*)::int as waiting
           from (select from webhook_deliveries where due_at is not null limit $1) waiting`,
        [most],
      )
      return row?.waiting ?? 0
    },

    async removeDeliveriesBefore(before, limit) {
      // Ids ascend with time, so the oldest are found by the primary key.
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
