/** Delivers events about jobs and pipelines to receivers. */
export { createWebhook, removeWebhook, rotateWebhookSecret, updateWebhook } from './change-webhook.ts'
export { deliverWebhooks, redeliver, testWebhook } from './deliver-webhooks.ts'
export { expireDeliveries } from './expire-deliveries.ts'
export {
  type Delivery,
  type NewWebhook,
  type PipelineInEvent,
  type TakenDelivery,
  WEBHOOK_EVENTS,
  type Webhook,
} from './webhook.ts'
