import type { StoredKey } from '@yardmaster/common'
import type { Found } from './reading.ts'

/** A keyword of a job that is read without regard to the others. */
export interface Keyword<Value> {
  /** Its name in `.gitlab-ci.yml`. */
  readonly keyword: string
  readonly read: (found: Found) => Value
  /** How its value is stored. `absent` is also its value in a job without the keyword. */
  readonly stored: StoredKey<Value> & { readonly absent: Value }
  /**
   * The key of the payload that carries the value as it is stored. Absent when `job-payload.ts` spells the value in its
   * own way, or when the keyword decides something here.
   */
  readonly payload?: string
  /** The feature of runners that honour the keyword, when the others would leave it out without a word. */
  readonly feature?: string
  /** Accepted values that are not the default. The tests send each of them through everything. */
  readonly examples: readonly [unknown, ...unknown[]]
}
