import type { z } from 'zod'
import { JobEventShape, PipelineEventShape, TestEventShape } from '../shapes/webhook-event.ts'
import type { AnswerSchemas } from './json-schema.ts'

interface WebhookRequest {
  readonly summary: string
  readonly body: z.ZodType
}

/** Requests to webhooks, by event (`docs/webhooks.md`). */
const REQUESTS: Readonly<Record<string, WebhookRequest>> = {
  job: { summary: 'The status of a job has changed.', body: JobEventShape },
  pipeline: { summary: 'The status of a pipeline has changed.', body: PipelineEventShape },
  test: { summary: 'An administrator tries the webhook.', body: TestEventShape },
}

const HEADERS = {
  'X-Yardmaster-Event': 'The event.',
  'X-Yardmaster-Delivery': 'The id of the delivery, the same at every attempt.',
  'X-Yardmaster-Signature': '`t=<seconds since 1970>,v1=<HMAC-SHA-256 of the time, a dot and the body, in hex>`.',
}

const keyOf = (event: string): string => `webhook ${event}`

/** Returns the shapes of the bodies, by keys that no procedure has. */
export const webhookShapes = (): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(REQUESTS).map(([event, { body }]) => [keyOf(event), body]))

/** Returns the `webhooks` of an OpenAPI document whose answers include `webhookShapes`. */
export function describeWebhooks(schemas: AnswerSchemas) {
  const parameters = Object.entries(HEADERS).map(([name, description]) => ({
    ...{ name, in: 'header', required: true, description },
    schema: { type: 'string' },
  }))
  return Object.fromEntries(
    Object.entries(REQUESTS).map(([event, { summary }]) => [
      event,
      {
        post: {
          summary,
          parameters,
          // An administrator's token is never sent to receivers.
          security: [],
          requestBody: { required: true, content: { 'application/json': { schema: schemas.of[keyOf(event)] } } },
          responses: { '2XX': { description: 'It has arrived. Any other answer is a failed attempt.' } },
        },
      },
    ]),
  )
}
