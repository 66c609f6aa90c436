import type { UsualDuration } from '@yardmaster/domain/jobs'
import { z } from 'zod'
import { Count, CountOrNull, TextOrNull } from './values.ts'

export const UsualDurationShape = z
  .strictObject({
    seconds: CountOrNull.describe('The median; null when no job of the project and name has succeeded yet.'),
    runs: Count.describe('How many jobs it is taken from: the newest ones, at most 20.'),
    ref: TextOrNull.describe(
      "The ref of these jobs: the job's own, else the default branch; null when they are of several others.",
    ),
  })
  .meta({ id: 'UsualDuration' })

export const showUsualDuration = ({ seconds, runs, ref }: UsualDuration): z.input<typeof UsualDurationShape> => ({
  seconds,
  runs,
  ref,
})
