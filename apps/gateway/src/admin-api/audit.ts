import { SUBJECT_KINDS } from '@yardmaster/domain/audit'
import { z } from 'zod'
import { AuditEventsShape, showAuditEvent } from '../shapes/audit-event.ts'
import { before, Id, longPage, pageOf, text } from './inputs.ts'
import { procedure, router } from './trpc.ts'

/** `audit.*` of the admin API: audit events, newest first. */
export const auditRouter = router({
  list: procedure({
    rest: 'GET /audit-events',
    summary: 'Lists audit events, the newest first.',
    output: AuditEventsShape,
  })
    .input(
      z
        .strictObject({
          ...longPage,
          action: text(255).optional(),
          subjectKind: z.enum(SUBJECT_KINDS).optional(),
          subjectId: Id.optional(),
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const events = await services.audit.list({ ...filter, before: before(cursor), limit: limit + 1 })
      return pageOf(events, limit, showAuditEvent)
    }),
})
