import { readProgress } from '@yardmaster/domain/bulk'
import { z } from 'zod'
import { ProgressShape } from '../shapes/bulk.ts'
import { type AdminContext, procedure, router } from './trpc.ts'

const Progress = z
  .string()
  .regex(/^[A-Za-z0-9-]{8,64}$/, '8 to 64 letters, digits and "-"')
  .meta({
    description: 'A name that the caller chooses, such as a UUID, by which `bulk.progress` tells how far it is.',
  })

/** Members of the input of every change of many. */
export const BULK = { progress: Progress.optional() }

/** How many a caller agrees to: what came since it counted them is left alone. */
export const AtMost = z
  .number()
  .int()
  .min(1)
  .max(10_000)
  .meta({ description: 'It ends when so many were changed or refused.' })

/** A change of many ends early when its caller has gone away, or the process stops. */
export const untilGone = ({ stopping }: Pick<AdminContext, 'stopping'>, signal: AbortSignal | undefined): AbortSignal =>
  AbortSignal.any(signal ? [signal, stopping] : [stopping])

/** `bulk.*` of the admin API. */
export const bulkRouter = router({
  progress: procedure({
    rest: 'GET /bulk/{progress}',
    summary: 'Tells how far a change of many jobs or runners is; nothing is done when there is none of this name.',
    output: ProgressShape,
  })
    .input(z.strictObject({ progress: Progress }))
    .query(({ ctx: { services }, input }) => readProgress(services, input.progress)),
})
