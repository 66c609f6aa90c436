import type { JobSubject, PipelineSubject, ShownStatus } from './commit-status.ts'

type Said = Pick<ShownStatus, 'state' | 'description'>

/** Returns what a status says of a pipeline or a job. */
export const describeStatus = (subject: PipelineSubject | JobSubject): Said =>
  subject.kind === 'pipeline' ? ofPipeline(subject) : ofJob(subject)

const WAITING: Said = { state: 'pending', description: 'Waiting' }
const FOR_A_PERSON: Said = { state: 'pending', description: 'Waiting for a person to start a job' }
const RUNNING: Said = { state: 'running', description: 'Running' }
const STOPPING: Said = { state: 'running', description: 'Being canceled' }
const CANCELED: Said = { state: 'canceled', description: 'Canceled' }
const SKIPPED: Said = { state: 'skipped', description: 'Skipped' }

function ofPipeline({ status, duration, jobs, failed, warnings }: PipelineSubject): Said {
  const after = duration === null || duration < 1 ? '' : ` in ${durationInWords(duration)}`
  switch (status) {
    case 'success': {
      const but = warnings === 0 ? '' : `; ${warnings} that may fail did`
      return { state: 'success', description: `${counted(jobs)} done${after}${but}` }
    }
    case 'failed':
      return { state: 'failure', description: `${failed} of ${counted(jobs)} failed${after}` }
    case 'manual':
      return FOR_A_PERSON
    default:
      return ofBoth(status)
  }
}

function ofJob({ status, allowFailure, failureReason, duration }: JobSubject): Said {
  const after = duration === null || duration < 1 ? '' : ` after ${durationInWords(duration)}`
  switch (status) {
    case 'success':
      return { state: 'success', description: `Passed${after}` }
    case 'failed': {
      const why = failureReason === null ? '' : ` (${failureReason.replaceAll('_', ' ')})`
      // No forge has a word for it that does not hold a merge up.
      return allowFailure
        ? { state: 'success', description: `Failed${after}, as it may${why}` }
        : { state: 'failure', description: `Failed${after}${why}` }
    }
    case 'manual':
      return allowFailure
        ? { state: 'skipped', description: 'Not started; a person may start it' }
        : { state: 'pending', description: 'Waiting for a person to start it' }
    case 'canceled':
      return allowFailure ? { state: 'skipped', description: 'Canceled, as it may be' } : CANCELED
    default:
      return ofBoth(status)
  }
}

function ofBoth(status: Exclude<PipelineSubject['status'], 'success' | 'failed' | 'manual'>): Said {
  switch (status) {
    case 'running':
      return RUNNING
    case 'canceling':
      return STOPPING
    case 'canceled':
      return CANCELED
    case 'skipped':
      return SKIPPED
    default:
      return WAITING
  }
}

const counted = (jobs: number): string => `${jobs} ${jobs === 1 ? 'job' : 'jobs'}`

/** Returns a duration with its two largest units, such as `1 h 5 min`. */
function durationInWords(duration: number): string {
  const seconds = Math.round(duration)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`
  return `${rest} s`
}

/** Returns whether two statuses look the same: forges limit how often a commit gets one. */
export const looksLike = (one: ShownStatus, other: ShownStatus): boolean =>
  one.state === other.state && one.description === other.description && one.url === other.url
