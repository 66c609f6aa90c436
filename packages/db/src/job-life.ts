import type { JobLifeStore } from '@yardmaster/domain'
import type { Database } from './database.ts'
import { cancelStore } from './job-life/cancel.ts'
import { eraseStore } from './job-life/erase.ts'
import { limitStore } from './job-life/limits.ts'
import { pipelineStore } from './job-life/pipeline.ts'
import { playStore } from './job-life/play.ts'
import { queueStore } from './job-life/queue.ts'
import { retryStore } from './job-life/retry.ts'

/** What becomes of jobs beside being taken and reported on: `JobStore` is made of this and the rest. */
export const jobLifeStore = (db: Database): JobLifeStore => ({
  ...cancelStore(db),
  ...queueStore(db),
  ...playStore(db),
  ...pipelineStore(db),
  ...retryStore(db),
  ...limitStore(db),
  ...eraseStore(db),
})
