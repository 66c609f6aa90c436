import { steadyClock } from '@yardmaster/domain/testing'
import { tidySegments } from '@yardmaster/domain/traces'
import type { CrashableProcess } from './crashable-process.ts'
import type { World } from './world.ts'

/** Lets every segment be due for the sweep, and runs it. */
export async function tidy({ database: { db } }: World, { services }: CrashableProcess): Promise<void> {
  await db.query(
    `update trace_segments s set check_at = now()
       from (select id from trace_segments order by id for update skip locked) due where s.id = due.id`,
  )
  await tidySegments({ ...services, clock: steadyClock(() => new Date(Date.now() + 1_000)) })
}
