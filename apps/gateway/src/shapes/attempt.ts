import type { Attempt } from '@yardmaster/domain/deliveries'
import { z } from 'zod'
import { Count, list, TextOrNull, Time } from './values.ts'

/** Requests to a receiver, in order. */
export const AttemptsShape = list(
  z.strictObject({
    at: Time,
    status: z.int().nullable().describe('HTTP status of the answer; null without an answer.'),
    error: TextOrNull,
    durationMs: Count,
    response: TextOrNull.describe('The first KiB of the answer.'),
  }),
)

export const showAttempts = (attempts: readonly Attempt[]): z.input<typeof AttemptsShape> =>
  attempts.map(({ at, status, error, durationMs, response }) => ({ at, status, error, durationMs, response }))
