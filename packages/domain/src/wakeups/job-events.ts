import type { JobStatus } from '../jobs/job.ts'

/** Returns the topic for all events of one job: its output and its status. */
export const jobTopic = (jobId: number): string => `job:${jobId}`

/** Returns the key that marks a job's log as watched: its runner is asked to report often. */
export const watchedKey = (jobId: number): string => `watched:${jobId}`

/** The largest piece of log that is included in a wake-up, in bytes. */
export const HINT_BYTES = 65_536

/** What a wake-up says about a log. Its bytes are committed when it is published. */
export interface TraceHint {
  readonly from: number
  readonly to: number
  readonly status: JobStatus
  /** Absent when the piece was too large or the log is not watched. */
  readonly bytes?: Uint8Array
}

export function encodeHint({ from, to, status, bytes }: TraceHint): string {
  const data = bytes && bytes.length <= HINT_BYTES ? Buffer.from(bytes).toString('base64') : ''
  return `${from} ${to} ${status} ${data}`
}

/** Returns null for anything that is not a hint about a log. */
export function decodeHint(text: string): TraceHint | null {
  const [from, to, status, data] = text.split(' ')
  if (data === undefined || status === undefined) return null
  const hint = { from: Number(from), to: Number(to), status: status as JobStatus }
  if (!Number.isSafeInteger(hint.from) || !Number.isSafeInteger(hint.to)) return null
  if (data === '') return hint
  const bytes = Buffer.from(data, 'base64')
  return bytes.length === hint.to - hint.from ? { ...hint, bytes } : hint
}
