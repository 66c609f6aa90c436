/** Delivers events about jobs to receivers. */
export { createWebhook, removeWebhook, rotateWebhookSecret, updateWebhook } from './change-webhook.ts'
export { deliverWebhooks, redeliver, testWebhook } from './deliver-webhooks.ts'
export { expireDeliveries } from './expire-deliveries.ts'
export type { Delivery, NewWebhook, TakenDelivery, Webhook } from './webhook.ts'
