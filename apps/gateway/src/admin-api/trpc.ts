import { initTRPC, TRPCError } from '@trpc/server'
import type { Result } from '@yardmaster/common'
import { type DomainError, doOnRecord, type Services } from '@yardmaster/domain'
import { z } from 'zod'
import type { Access } from '../access/session.ts'
import { answerTo } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import type { Batch } from './batch.ts'
import { actOf, actorOf, idsOf } from './record.ts'
import { sentence } from './refusals.ts'

export interface AdminContext {
  readonly services: Services
  readonly metrics: Metrics
  /** How the caller proved who it is, or why it is nobody. */
  readonly access: Access
  /** Of the client. */
  readonly address: string | null
  /** Null for a call that came alone. */
  readonly batch: Batch | null
  /** Aborts when the server stops: subscriptions end then, and browsers come back to another process. */
  readonly stopping: AbortSignal
}

const t = initTRPC.context<AdminContext>().create({
  sse: {
    ping: { enabled: true, intervalMs: 15_000 },
    client: { reconnectAfterInactivityMs: 40_000 },
  },
  errorFormatter({ shape, error }) {
    const { stack: _, ...data } = shape.data
    // Input that doesn't fit: the field and what is allowed, in one line, instead of a dump of the schema's issues.
    if (error.cause instanceof z.ZodError) return { ...shape, data, message: describeInput(error.cause) }
    if (error.code === 'INTERNAL_SERVER_ERROR')
      return { ...shape, data, message: 'Something went wrong on the server.' }
    return { ...shape, data }
  },
})

export const router = t.router
export const mergeRouters = t.mergeRouters

const dataOf = (result: { ok: boolean; data?: unknown }): unknown => result.data

/**
 * Everything an administrator may do. Mutations by cookie are refused when another site sent them; all others are on
 * record before they begin, so that nothing is changed that can't be written down.
 */
export const adminProcedure = t.procedure.use(async ({ ctx, type, path, getRawInput, next }) => {
  if (ctx.access.kind === 'nobody') {
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in, or send an administrator’s token.' })
  }
  if (type === 'mutation' && ctx.access.kind === 'session' && !ctx.access.sameOrigin) {
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: 'A session may change things only from the dashboard’s own pages.',
    })
  }
  const { batch } = ctx
  if (type !== 'mutation') return batch && type === 'query' ? await batch.run(type, next, dataOf) : await next()
  const act = actOf(path, await getRawInput())
  const run = batch ? () => batch.run(type, next, dataOf) : next
  return await doOnRecord(ctx.services, { ...act, actor: actorOf(ctx.access, ctx.address) }, run, (result) => {
    if (result.ok) return { outcome: 'done', ...(act.subjectIds.length === 0 && { subjectIds: idsOf(result.data) }) }
    const { code } = result.error
    return { outcome: code === 'INTERNAL_SERVER_ERROR' ? 'failed' : 'refused', details: { ...act.details, code } }
  })
})

/** The value, or the refusal as the error a tRPC caller hears. */
export function unwrap<T, E extends DomainError>(result: Result<T, E>): T {
  if (result.ok) return result.value
  const { trpc } = answerTo(result.error)
  throw new TRPCError({ code: trpc, message: sentence(result.error) })
}

/** Characters: a name that is not known may be as long as the request. */
const LONGEST_COMPLAINT = 2_000

function describeInput(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
      return `${path.replace(/^\./, '') || 'input'}: ${issue.message}`
    })
    .join('; ')
    .slice(0, LONGEST_COMPLAINT)
}
