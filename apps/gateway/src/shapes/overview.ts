import { ACTOR_KINDS } from '@yardmaster/domain/audit'
import type { Overview } from '@yardmaster/domain/overview'
import { z } from 'zod'
import { Count, TextOrNull, Time, TimeOrNull } from './values.ts'

/** What waits and who could work, for the strip of the dashboard. */
export const OverviewShape = z
  .strictObject({
    maintenance: z.boolean().describe('Whether the instance is in maintenance and hands out no jobs to any runner.'),
    maintenanceBegin: z
      .strictObject({
        at: Time,
        by: z.strictObject({
          kind: z.enum(ACTOR_KINDS),
          session: TextOrNull.describe('The first digits of the session’s digest.'),
        }),
      })
      .nullable()
      .describe('Who switched maintenance on, and when; null without maintenance, or when the audit does not say.'),
    queue: z
      .strictObject({
        waiting: Count.describe('Jobs that wait for a runner; 100000 means that many or more.'),
        oldestAt: TimeOrNull.describe('Since when the job waits that waits longest.'),
      })
      .describe('At most a second old, like the next, or for 19 times as long as counting took.'),
    runners: z.strictObject({
      online: Count,
      offline: Count.describe('Last contact more than two hours ago.'),
      stale: Count.describe('No contact for seven days.'),
      neverContacted: Count,
    }),
  })
  .meta({ id: 'Overview' })

export const showOverview = ({
  maintenance,
  maintenanceBegin: begin,
  queue,
  runners,
}: Overview): z.input<typeof OverviewShape> => ({
  maintenance,
  maintenanceBegin: begin && { at: begin.at, by: { kind: begin.by.kind, session: begin.by.session ?? null } },
  queue: { waiting: queue.jobs, oldestAt: queue.oldestAt },
  runners: {
    online: runners.online,
    offline: runners.offline,
    stale: runners.stale,
    neverContacted: runners.never_contacted,
  },
})
