import type { StoredForm } from '@yardmaster/common'

/** A job of another pipeline of the family whose artifacts are fetched, as `needs:pipeline` and `needs:job` name it. */
export interface FamilyDependency {
  /** The id of the pipeline; variables are put in when a runner takes the job. */
  readonly pipeline: string
  /** The name of the job; variables are put in likewise. */
  readonly job: string
}

export const FAMILY_DEPENDENCY: StoredForm<FamilyDependency> = {
  pipeline: { since: 4, absent: '' },
  job: { since: 4, absent: '' },
}
