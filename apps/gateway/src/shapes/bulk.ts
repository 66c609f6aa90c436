import { z } from 'zod'
import { Count } from './values.ts'

const counts = {
  done: Count.describe('How many were changed.'),
  refused: Count.describe('How many could not be changed, because of their status or because they are gone.'),
}

export const ProgressShape = z.strictObject(counts).meta({ id: 'Progress' })

export const BulkOutcomeShape = z
  .strictObject({
    ...counts,
    stopped: z.boolean().describe('Whether it was interrupted. What was done stays done.'),
    more: z.boolean().describe('Whether there are more than it was to change.'),
  })
  .meta({ id: 'BulkOutcome' })
