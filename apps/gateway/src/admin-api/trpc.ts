import { initTRPC } from '@trpc/server'
import type { DomainError, Services } from '@yardmaster/domain'
import { doOnRecord } from '@yardmaster/domain/audit'
import type { z } from 'zod'
import type { Access } from '../access/authenticator.ts'
import type { Metrics } from '../metrics.ts'
import { describeRefusal } from '../refusals.ts'
import { actOf, actorOf, detailsOfDone, subjectsIn } from './audit-mutations.ts'
import type { Batch } from './batch.ts'
import { Refused, refusalIn } from './refused.ts'

export interface AdminContext {
  readonly services: Services
  readonly metrics: Metrics
  /** How the caller authenticated. */
  readonly access: Access
  /** The client's address. */
  readonly address: string | null
  /** Null for a single call. */
  readonly batch: Batch | null
  /** Aborts when the server stops: subscriptions end, and browsers reconnect to another process. */
  readonly stopping: AbortSignal
}

/** What every procedure must declare: its place in the REST API, a summary, and the shape of its answer. */
export interface Description<Output extends z.ZodType = z.ZodType> {
  /** Method and path below `/api/admin/v1`; names in braces are members of the input. */
  readonly rest: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`
  /** One sentence. */
  readonly summary: string
  readonly output: Output
  /** Its own refusals, besides those of all procedures. */
  readonly refuses?: readonly DomainError['kind'][]
  /** Whether it creates something, so that REST answers 201. */
  readonly creates?: true
}

const t = initTRPC
  .context<AdminContext>()
  .meta<Description>()
  .create({
    sse: {
      ping: { enabled: true, intervalMs: 15_000 },
      client: { reconnectAfterInactivityMs: 40_000 },
    },
    errorFormatter({ shape, error }) {
      const { stack: _, ...data } = shape.data
      const { sentence, refusal } = describeRefusal(refusalIn(error))
      return { ...shape, message: sentence, data: { ...data, refusal } }
    },
  })

export const router = t.router

const dataOf = (result: { ok: boolean; data?: unknown }): unknown => result.data

/**
 * Checks an answer synchronously, because the asynchronous check that tRPC would choose takes several times as long. A
 * member that the shape does not name is a bug and is not sent.
 */
const checked = <Output extends z.ZodType>(output: Output) =>
  ({ parse: (given: unknown) => output.parse(given) }) as unknown as {
    _input: z.input<Output>
    _output: z.output<Output>
  }

/** Starts a procedure of the admin API with its description. */
export const procedure = <Output extends z.ZodType>(description: Description<Output>) =>
  adminProcedure.meta(description).output(checked(description.output))

/**
 * A procedure for administrators. Mutations with a cookie are refused when another site sent them. All others are
 * recorded before they begin, so that nothing changes without an audit event.
 */
const adminProcedure = t.procedure.use(async ({ ctx, type, path, getRawInput, next }) => {
  if (ctx.access.kind === 'nobody') throw new Refused({ kind: 'unauthenticated' })
  if (type === 'mutation' && ctx.access.kind === 'session' && !ctx.access.sameOrigin) {
    throw new Refused({ kind: 'cross_site' })
  }
  const { batch } = ctx
  if (type !== 'mutation') return batch && type === 'query' ? await batch.run(type, next, dataOf) : await next()
  const act = actOf(path, await getRawInput())
  const run = batch ? () => batch.run(type, next, dataOf) : next
  return await doOnRecord(ctx.services, { ...act, actor: actorOf(ctx.access, ctx.address) }, run, (result) => {
    if (result.ok)
      return {
        outcome: 'done',
        details: { ...act.details, ...detailsOfDone(path, result.data) },
        ...(act.subjectIds.length === 0 && { subjectIds: subjectsIn(path, result.data) }),
      }
    const { code } = result.error
    return { outcome: code === 'INTERNAL_SERVER_ERROR' ? 'failed' : 'refused', details: { ...act.details, code } }
  })
})
