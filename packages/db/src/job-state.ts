import type { JobStateStore } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'
import { cancelStore } from './job-state/cancel.ts'
import { eraseStore } from './job-state/erase.ts'
import { limitStore } from './job-state/limits.ts'
import { pipelineStore } from './job-state/pipeline.ts'
import { playStore } from './job-state/play.ts'
import { queueStore } from './job-state/queue.ts'
import { retryStore } from './job-state/retry.ts'
import { triggerStore } from './job-state/triggers.ts'

/** The part of `JobStore` that changes jobs other than by claims and reports. */
export const jobStateStore = (db: Database): JobStateStore => ({
  ...cancelStore(db),
  ...queueStore(db),
  ...playStore(db),
  ...pipelineStore(db),
  ...retryStore(db),
  ...limitStore(db),
  ...eraseStore(db),
  ...triggerStore(db),
})
