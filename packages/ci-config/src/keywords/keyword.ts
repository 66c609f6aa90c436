import type { StoredKey } from '@yardmaster/common'
import type { Found } from './reading.ts'

/** A keyword of a job that is read independently of the others. */
export interface Keyword<Value> {
  /** Its name in `.gitlab-ci.yml`. */
  readonly keyword: string
  readonly read: (found: Found) => Value
  /** The stored form of its value. `absent` is also its value in a job without the keyword. */
  readonly stored: StoredKey<Value> & { readonly absent: Value }
  /**
   * The key of the payload that has the value in its stored form. Absent when `job-payload.ts` formats the value
   * itself, or when the keyword only matters on the server.
   */
  readonly payload?: string
  /** The feature of runners that support the keyword, when other runners would silently leave it out. */
  readonly feature?: string
  /** Accepted values other than the default. The tests use each of them for all parts of the keyword. */
  readonly examples: readonly [unknown, ...unknown[]]
}
