import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, WebhookInvalid, WebhookNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { newWebhookSecret } from '../tokens.ts'
import type { NewWebhook, Webhook, WebhookChanges } from './webhook.ts'

type ChangePorts = Pick<Ports, 'webhooks' | 'projects'>

/** @returns the webhook with its secret, which is not shown again. */
export async function createWebhook(
  ports: ChangePorts,
  given: Omit<NewWebhook, 'secret'>,
): Promise<Result<{ webhook: Webhook; secret: string }, WebhookInvalid | ProjectNotFound>> {
  const refused = await check(ports, given)
  if (refused) return err(refused)
  const secret = newWebhookSecret()
  return ok({ webhook: await ports.webhooks.create({ ...given, secret }), secret })
}

/** Waiting deliveries go to the new address. */
export async function updateWebhook(
  ports: ChangePorts,
  id: number,
  changes: WebhookChanges,
): Promise<Result<Webhook, WebhookNotFound | WebhookInvalid | ProjectNotFound>> {
  const refused = await check(ports, changes)
  if (refused) return err(refused)
  const webhook = await ports.webhooks.update(id, changes)
  return webhook ? ok(webhook) : err({ kind: 'webhook_not_found', id })
}

/** Later requests are signed with the new secret. */
export async function rotateWebhookSecret(
  { webhooks }: Pick<Ports, 'webhooks'>,
  id: number,
): Promise<Result<string, WebhookNotFound>> {
  const secret = newWebhookSecret()
  return (await webhooks.replaceSecret(id, secret)) ? ok(secret) : err({ kind: 'webhook_not_found', id })
}

/** Removes the webhook and all its deliveries. */
export async function removeWebhook(
  { webhooks }: Pick<Ports, 'webhooks'>,
  id: number,
): Promise<Result<null, WebhookNotFound>> {
  return (await webhooks.remove(id)) ? ok(null) : err({ kind: 'webhook_not_found', id })
}

async function check(
  { projects }: ChangePorts,
  { url, projectId }: WebhookChanges,
): Promise<WebhookInvalid | ProjectNotFound | null> {
  const address = url !== undefined && URL.canParse(url) ? new URL(url) : null
  if (url !== undefined && (address === null || !/^https?:$/.test(address.protocol))) {
    return { kind: 'webhook_invalid', field: 'url', reason: 'allowed is an absolute http or https address' }
  }
  if (projectId != null && !(await projects.find(projectId))) return { kind: 'project_not_found', id: projectId }
  return null
}
