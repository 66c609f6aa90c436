import type { ReactNode } from 'react'
import type { Pipeline, Runner } from '../../lib/api.ts'
import { JOB_STATUS_WORDS, type JobStatus, pipelineStatusWords, RUNNER_STATUS_WORDS } from '../../lib/words.ts'
import { Chip } from './chip.tsx'
import { Glyph } from './icons.tsx'

const TONES: Readonly<Record<JobStatus, string>> = {
  created: 'text-soft',
  waiting_for_resource: 'text-warn',
  preparing: 'text-soft',
  manual: 'text-soft',
  scheduled: 'text-soft',
  pending: 'text-warn',
  running: 'text-accent',
  canceling: 'text-warn',
  success: 'text-good',
  failed: 'text-bad',
  canceled: 'text-soft',
  skipped: 'text-soft',
}

const ring = <circle cx="8" cy="8" r="6.25" />
const arc = <path d="M8 1.75a6.25 6.25 0 0 1 6.25 6.25" strokeWidth="2" />
const faint = <circle cx="8" cy="8" r="6.25" opacity="0.3" strokeWidth="2" />

/** Shapes differ, so that statuses are never told apart by colour alone. */
const SHAPES: Readonly<Record<JobStatus, ReactNode>> = {
  created: <circle cx="8" cy="8" r="6.25" strokeDasharray="1.6 2.3" />,
  waiting_for_resource: clockFace(),
  preparing: <circle cx="8" cy="8" r="6.25" strokeDasharray="1.6 2.3" />,
  manual: (
    <>
      {ring}
      <path d="M6.6 5.4v5.2L10.8 8Z" fill="currentColor" strokeWidth="1" />
    </>
  ),
  scheduled: clockFace(),
  pending: (
    <>
      {ring}
      <path d="M6.4 5.75v4.5m3.2-4.5v4.5" />
    </>
  ),
  running: (
    <>
      {faint}
      <g className="spinning">{arc}</g>
    </>
  ),
  canceling: (
    <>
      {faint}
      <g className="spinning">{arc}</g>
      <path d="M6.4 6.4h3.2v3.2H6.4Z" fill="currentColor" strokeWidth="0.5" />
    </>
  ),
  success: (
    <>
      {ring}
      <path d="m5.3 8.2 1.9 1.9 3.6-4" />
    </>
  ),
  failed: (
    <>
      {ring}
      <path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2" />
    </>
  ),
  canceled: (
    <>
      {ring}
      <path d="m3.7 12.3 8.6-8.6" />
    </>
  ),
  skipped: (
    <>
      {ring}
      <path d="m5.2 5.75 2.2 2.25-2.2 2.25m3.2-4.5L10.6 8l-2.2 2.25" />
    </>
  ),
}

function clockFace() {
  return (
    <>
      {ring}
      <path d="M8 4.75V8l2.1 1.4" />
    </>
  )
}

const warningShape = (
  <>
    {ring}
    <path d="M8 4.75v4" />
    <path d="M8 11.1v.1" strokeWidth="1.9" />
  </>
)

/** A status as a shape alone: the words must be beside it, or in the label of what it is in. */
export function StatusIcon({ status, warns = false }: { status: JobStatus; warns?: boolean }) {
  const isWarning = warns && (status === 'failed' || status === 'success' || status === 'canceled')
  return <Glyph className={isWarning ? 'text-warn' : TONES[status]}>{isWarning ? warningShape : SHAPES[status]}</Glyph>
}

/** What the status of a pipeline, or of a stage, is shown by. */
type Combined = Pick<Pipeline, 'status' | 'hasAllowedFailures'>

const passedWithWarnings = ({ status, hasAllowedFailures }: Combined) => status === 'success' && hasAllowedFailures

/** The combined status of jobs as a shape alone: the words must be beside it, or in the label of what it is in. */
export const PipelineStatusIcon = ({ pipeline }: { pipeline: Combined }) => (
  <StatusIcon status={pipeline.status} warns={passedWithWarnings(pipeline)} />
)

/** The combined status of a pipeline's jobs as a shape and words. */
export function PipelineStatusBadge({ pipeline }: { pipeline: Combined }) {
  const { status } = pipeline
  const warns = passedWithWarnings(pipeline)
  const words = pipelineStatusWords(pipeline)
  return (
    <span
      title={words}
      className={`inline-flex max-w-full items-center gap-1.5 align-middle font-medium ${warns ? 'text-warn' : TONES[status]}`}
    >
      <StatusIcon status={status} warns={warns} />
      <span className="truncate">{words}</span>
    </span>
  )
}

/** A job's status as a shape and a word. */
export function JobStatusBadge({ status, allowed = false }: { status: JobStatus; allowed?: boolean }) {
  const isForgiven = status === 'failed' && allowed
  return (
    <span
      className={`inline-flex max-w-full items-center gap-1.5 align-middle font-medium ${isForgiven ? 'text-warn' : TONES[status]}`}
    >
      <Glyph>{SHAPES[status]}</Glyph>
      <span className="truncate">{isForgiven ? 'Failed, allowed' : JOB_STATUS_WORDS[status]}</span>
    </span>
  )
}

const RUNNER_TONES: Readonly<Record<Runner['status'], string>> = {
  online: 'text-good',
  offline: 'text-bad',
  stale: 'text-soft',
  never_contacted: 'text-soft',
}

/** A runner's status as a shape alone: the words must be beside it. */
export function RunnerStatusIcon({ status }: { status: Runner['status'] }) {
  const isSilent = status === 'never_contacted' || status === 'stale'
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className={`shrink-0 ${RUNNER_TONES[status]}`}>
      {isSilent ? (
        <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2 2" />
      ) : status === 'online' ? (
        <circle cx="8" cy="8" r="4.5" fill="currentColor" />
      ) : (
        <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="2" />
      )}
    </svg>
  )
}

/** A runner's or manager's status, and whether it is paused. */
export function RunnerStatusBadge({ status, paused = false }: { status: Runner['status']; paused?: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5 align-middle">
      <span className={`inline-flex items-center gap-1.5 font-medium ${RUNNER_TONES[status]}`}>
        <RunnerStatusIcon status={status} />
        {RUNNER_STATUS_WORDS[status]}
      </span>
      {paused && <Chip tone="warn">Paused</Chip>}
    </span>
  )
}
