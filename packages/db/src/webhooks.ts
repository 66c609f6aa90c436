import type { WebhookStore } from '@yardmaster/domain/ports'
import type { Webhook } from '@yardmaster/domain/webhooks'
import { readIfPossible } from './damage.ts'
import type { Database } from './database.ts'
import { drawId } from './draw-id.ts'
import { placeOf, type SecretBox } from './secrets.ts'
import { assignments } from './set-clause.ts'
import { deliveryStore } from './webhook-deliveries.ts'

interface WebhookRow {
  id: number
  project_id: number | null
  url: Uint8Array
  events: Webhook['events']
  statuses: Webhook['statuses']
  enabled: boolean
  created_at: Date
  updated_at: Date
}

const COLUMNS = 'id, project_id, url, events, statuses, enabled, created_at, updated_at'

interface Changes {
  projectId?: number | null
  url?: Uint8Array
  events?: Webhook['events']
  statuses?: Webhook['statuses']
  enabled?: boolean
}

const CHANGEABLE: { readonly [Field in keyof Changes]-?: string } = {
  projectId: 'project_id',
  url: 'url',
  events: 'events',
  statuses: 'statuses',
  enabled: 'enabled',
}

export function webhookStore(db: Database, secrets: SecretBox): WebhookStore {
  /**
   * An address that can't be read is shown as empty, so that the list shows the others and this one can be set again.
   */
  const toWebhook = async (row: WebhookRow): Promise<Webhook> => ({
    id: row.id,
    projectId: row.project_id,
    url: (await readIfPossible(db, secrets, () => secrets.decrypt(row.url, placeOf('webhooks.url', row.id)))) ?? '',
    events: row.events,
    statuses: row.statuses,
    enabled: row.enabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
  const one = async (rows: Promise<WebhookRow[]>) => {
    const [row] = await rows
    return row ? await toWebhook(row) : null
  }
  const find = (id: number) => one(db.query<WebhookRow>(`select ${COLUMNS} from webhooks where id = $1`, [id]))

  return {
    ...deliveryStore(db, secrets),
    find,

    async create({ projectId, url, secret, events, statuses, enabled }) {
      const id = await drawId(db, 'webhooks')
      const made = await one(
        db.query<WebhookRow>(
          `insert into webhooks (id, project_id, url, secret, statuses, enabled, events)
           overriding system value
           values ($1, $2, $3, $4, $5, $6, $7)
           returning ${COLUMNS}`,
          [
            id,
            projectId,
            secrets.encrypt(url, placeOf('webhooks.url', id)),
            secrets.encrypt(secret, placeOf('webhooks.secret', id)),
            statuses,
            enabled,
            events,
          ],
        ),
      )
      if (!made) throw new Error('an insert returned no row')
      return made
    },

    async list({ projectId, before, limit }) {
      const rows = await db.query<WebhookRow>(
        `select ${COLUMNS} from webhooks
          where ($1::integer is null or project_id = $1) and ($2::integer is null or id < $2)
          order by id desc limit $3`,
        [projectId ?? null, before ?? null, limit],
      )
      return await Promise.all(rows.map(toWebhook))
    },

    update(id, { url, ...rest }) {
      const params: unknown[] = [id]
      const changes: Changes = {
        ...rest,
        ...(url !== undefined && { url: secrets.encrypt(url, placeOf('webhooks.url', id)) }),
      }
      const set = assignments<Changes>(CHANGEABLE, changes, params)
      if (set === '') return find(id)
      return one(
        db.query<WebhookRow>(
          `update webhooks set ${set}, updated_at = now() where id = $1 returning ${COLUMNS}`,
          params,
        ),
      )
    },

    async replaceSecret(id, secret) {
      const changed = await db.query('update webhooks set secret = $2, updated_at = now() where id = $1 returning id', [
        id,
        secrets.encrypt(secret, placeOf('webhooks.secret', id)),
      ])
      return changed.length > 0
    },

    remove(id) {
      return db.transaction(async (tx) => {
        const removed = await tx.query('delete from webhooks where id = $1 returning id', [id])
        // A delivery that a concurrent change is just adding comes later, is never taken, and is deleted with the old
        // ones.
        await tx.query('delete from webhook_deliveries where webhook_id = $1', [id])
        return removed.length > 0
      })
    },
  }
}
