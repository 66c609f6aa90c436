import type { Admin } from '../support/admin.ts'
import type { Installation } from './installation.ts'
import type { Ledger } from './ledger.ts'
import type { Report } from './report.ts'

/** What all parts of a chaos run share. */
export interface Scene {
  readonly seed: number
  readonly installation: Installation
  readonly ledger: Ledger
  readonly report: Report
  /** Goes through the load balancer. */
  readonly admin: Admin
  readonly projectId: number
}
