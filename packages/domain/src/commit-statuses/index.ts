/** Tells forges of pipelines and jobs, as statuses of commits. */
export type {
  CommitStatus,
  JobSubject,
  PipelineSubject,
  ShownStatus,
  TakenStatus,
} from './commit-status.ts'
export { deliverStatuses, resendStatus } from './deliver-statuses.ts'
export { expireStatuses } from './expire-statuses.ts'
export { FORGES } from './forge.ts'
export type { NewStatusTarget, StatusTarget } from './status-target.ts'
