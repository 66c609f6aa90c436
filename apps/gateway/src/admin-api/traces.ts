import { tracked } from '@trpc/server'
import {
  followTrace,
  outlineTrace,
  quoteFailure,
  readLines,
  readTraceText,
  searchTrace,
} from '@yardmaster/domain/traces'
import { z } from 'zod'
import { trackedEventsOf } from '../shapes/events.ts'
import {
  FailureQuoteShape,
  showFailureQuote,
  showTraceEvent,
  showTraceLines,
  showTraceOutline,
  showTraceSearch,
  showTraceText,
  TraceEventShape,
  TraceLinesShape,
  TraceOutlineShape,
  TraceSearchShape,
  TraceTextShape,
} from '../shapes/trace.ts'
import { Id, text } from './inputs.ts'
import { unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const READ_BYTES = 262_144
const MOST_READ_BYTES = 1_048_576

const Offset = z.number().int().min(0)
/** The browser returns the last event's id as text. */
const EventId = z.union([
  Offset,
  z
    .string()
    .regex(/^[0-9]{1,15}$/, 'a byte offset')
    .transform(Number),
])

const LineNumber = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const lineLimit = z.number().int().min(1).max(2_000).default(500)

/** `traces.*` of the admin API. */
export const tracesRouter = router({
  read: procedure({
    rest: 'GET /jobs/{jobId}/trace',
    summary: 'Returns a part of a log as text.',
    output: TraceTextShape,
    refuses: ['job_not_found'],
  })
    .input(
      z.strictObject({
        jobId: Id,
        from: Offset.default(0),
        limit: z.number().int().min(1).max(MOST_READ_BYTES).default(READ_BYTES),
      }),
    )
    .query(async ({ ctx: { services }, input }) => showTraceText(unwrap(await readTraceText(services, input)))),

  /** Returns lines from `from` (default 1), around `around`, or with `last` the end of the log. */
  lines: procedure({
    rest: 'GET /jobs/{jobId}/trace/lines',
    summary: 'Returns whole lines: from a line, around one, or the last ones.',
    output: TraceLinesShape,
    refuses: ['job_not_found'],
  })
    .input(
      z
        .strictObject({
          jobId: Id,
          from: LineNumber.optional(),
          around: LineNumber.optional(),
          last: z.literal(true).optional(),
          limit: lineLimit,
        })
        .refine(({ from, around, last }) => [from, around, last].filter((place) => place !== undefined).length <= 1, {
          message: 'only one of from, around and last',
          path: ['from'],
        }),
    )
    .query(async ({ ctx: { services }, input: { jobId, limit, from = 1, around, last } }) =>
      showTraceLines(
        unwrap(await readLines(services, { jobId, limit, ...(last ? { last } : around ? { around } : { from }) })),
      ),
    ),

  outline: procedure({
    rest: 'GET /jobs/{jobId}/trace/outline',
    summary: 'Lists the sections of a log, and its lines that report errors or warnings.',
    output: TraceOutlineShape,
    refuses: ['job_not_found'],
  })
    .input(z.strictObject({ jobId: Id }))
    .query(async ({ ctx: { services }, input }) => showTraceOutline(unwrap(await outlineTrace(services, input)))),

  failure: procedure({
    rest: 'GET /jobs/{jobId}/trace/failure',
    summary: 'Returns the last lines that a failed job printed, without those of the runner about the failure.',
    output: FailureQuoteShape,
    refuses: ['job_not_found'],
  })
    .input(z.strictObject({ jobId: Id }))
    .query(async ({ ctx: { services }, input }) => showFailureQuote(unwrap(await quoteFailure(services, input)))),

  search: procedure({
    rest: 'GET /jobs/{jobId}/trace/search',
    summary: 'Searches the lines of a log.',
    output: TraceSearchShape,
    refuses: ['job_not_found', 'pattern_invalid'],
  })
    .input(
      z.strictObject({
        jobId: Id,
        query: text(500).min(1),
        regex: z.boolean().default(false),
        caseSensitive: z.boolean().default(false),
        fromLine: LineNumber.default(1),
        toLine: LineNumber.optional(),
        countAll: z.boolean().default(true),
        limit: z.number().int().min(1).max(1_000).default(200),
      }),
    )
    .query(async ({ ctx: { services }, input, signal }) =>
      showTraceSearch(unwrap(await searchTrace(services, input, signal))),
    ),

  watch: procedure({
    rest: 'GET /jobs/{jobId}/trace/events',
    summary: 'Follows a log. To resume, send the id of the last event.',
    output: trackedEventsOf(TraceEventShape),
    refuses: ['job_not_found'],
  })
    .input(z.strictObject({ jobId: Id, from: EventId.optional(), lastEventId: EventId.nullish() }))
    .subscription(async function* ({ ctx: { services, metrics, stopping }, input, signal }) {
      const over = AbortSignal.any(signal ? [signal, stopping] : [stopping])
      const from = input.lastEventId ?? input.from ?? 0
      const events = unwrap(await followTrace(services, { jobId: input.jobId, from, signal: over }))
      metrics.followers.inc()
      try {
        for await (const event of events) {
          // The id is the offset after the event, so that a client resumes without a gap or a repetition.
          yield tracked(String(event.to), showTraceEvent(event))
        }
      } finally {
        metrics.followers.dec()
      }
    }),
})
