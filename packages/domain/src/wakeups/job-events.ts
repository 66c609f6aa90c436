import type { JobStatus } from '../jobs/job.ts'

/** Topic of everything that happens to one job: its output and its state. */
export const jobTopic = (jobId: number): string => `job:${jobId}`

/** Marks a job whose log somebody watches: its runner is asked to report often. */
export const watchedKey = (jobId: number): string => `watched:${jobId}`

/** Largest piece of log that rides along with a wake-up, in bytes. */
export const HINT_BYTES = 65_536

/** What a wake-up says of a log. Bytes are committed when it is published. */
export interface TraceHint {
  readonly from: number
  readonly to: number
  readonly status: JobStatus
  /** Absent when the piece was too large or nobody watched. */
  readonly bytes?: Uint8Array
}

export function encodeHint({ from, to, status, bytes }: TraceHint): string {
  const data = bytes && bytes.length <= HINT_BYTES ? Buffer.from(bytes).toString('base64') : ''
  return `${from} ${to} ${status} ${data}`
}

/** Null for anything that isn't a hint about a log. */
export function decodeHint(text: string): TraceHint | null {
  const [from, to, status, data] = text.split(' ')
  if (data === undefined || status === undefined) return null
  const hint = { from: Number(from), to: Number(to), status: status as JobStatus }
  if (!Number.isSafeInteger(hint.from) || !Number.isSafeInteger(hint.to)) return null
  if (data === '') return hint
  const bytes = Buffer.from(data, 'base64')
  return bytes.length === hint.to - hint.from ? { ...hint, bytes } : hint
}
