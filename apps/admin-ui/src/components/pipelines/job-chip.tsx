import { memo } from 'react'
import type { JobInPipeline } from '../../lib/api.ts'
import { gatewayPath } from '../../lib/base.ts'
import { between, duration } from '../../lib/time.ts'
import { failureWords, isPlayable, JOB_STATUS_WORDS, pipelineStatusWords } from '../../lib/words.ts'
import { ChoicesIcon, NextIcon, PlayIcon, RetryIcon } from '../ui/icons.tsx'
import { PipelineStatusIcon, StatusIcon } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { type Fold, statusOfFold } from './fold-parallel.ts'

/** How a chip relates to the one that the pointer or the focus is on. */
export type Mark = 'self' | 'related' | null

export type ChipAction = 'play' | 'retry'

const MARKED = {
  self: 'border-accent bg-accent-wash outline-1 outline-accent',
  related: 'border-accent bg-accent-wash',
  none: 'border-line-strong bg-panel hover:bg-raised',
} as const

const BOX = 'flex min-w-0 items-center rounded-md border text-sm'
const TARGET =
  'flex h-full min-w-0 flex-1 items-center gap-1.5 rounded-md pl-2 pr-1.5 text-left focus-visible:outline-offset-1'

/** Returns what is in the tooltip of a job: its status, why it failed, how long it took, and what it needs. */
function aboutJob(job: JobInPipeline): string {
  const took = between(job.startedAt, job.finishedAt, 0)
  return [
    job.name,
    job.status === 'failed' && job.allowFailure ? 'Failed, allowed' : JOB_STATUS_WORDS[job.status],
    job.failureReason !== null && failureWords(job.failureReason),
    job.failureDetail !== null && job.failureDetail,
    job.finishedAt !== null && took !== null && `took ${duration(took)}`,
    job.needs !== null && (job.needs.length > 0 ? `needs ${job.needs.join(', ')}` : 'needs no other job'),
  ]
    .filter((part) => part !== false)
    .join('\n')
}

interface Looks {
  readonly mark: Mark
  /** Whether Tab leads to it: one chip of a graph has the tab stop, and the arrow keys move it. */
  readonly tabStop: boolean
  /** For fingers. */
  readonly tall: boolean
}

/** A trigger job that shows its child's status `manual` is not played itself. */
function actionOf({ status, downstreamPipelineId }: JobInPipeline): ChipAction | null {
  if (isPlayable(status)) return downstreamPipelineId === null ? 'play' : null
  return status === 'failed' || status === 'canceled' ? 'retry' : null
}

/** Leads from a trigger job to its child pipeline, and shows that one's status. */
function ChildLink({ job, tabStop, tall }: { job: JobInPipeline } & Pick<Looks, 'tabStop' | 'tall'>) {
  const { downstreamPipelineId: id, downstreamStatus: status, downstreamHasAllowedFailures: hasAllowedFailures } = job
  if (id === null) return null
  const words = status === null ? '' : `, ${pipelineStatusWords({ status, hasAllowedFailures }).toLowerCase()}`
  return (
    <a
      href={gatewayPath(`/pipelines/${id}`)}
      data-pipeline={id}
      tabIndex={tabStop ? 0 : -1}
      title={`Child pipeline #${id}${words}`}
      aria-label={`Child pipeline ${id} of ${job.name}${words}`}
      className={`mr-1 flex shrink-0 items-center gap-1 rounded bg-raised px-1.5 text-xs hover:underline ${tall ? 'h-9' : 'h-6'}`}
    >
      {status !== null && <PipelineStatusIcon pipeline={{ status, hasAllowedFailures }} />}#{id}
      <NextIcon className="size-3 text-soft" />
    </a>
  )
}

/** A job as a chip: its status, its name, and the action that its status suggests. */
export const JobChip = memo(function JobChip({
  job,
  label,
  busy,
  onAct,
  ...looks
}: Looks & {
  job: JobInPipeline
  /** The end of its name: within a group, without the name of the group. */
  label: string
  busy: boolean
  onAct: (action: ChipAction, job: JobInPipeline) => void
}) {
  const { mark, tabStop, tall } = looks
  const action = actionOf(job)
  const status = job.status === 'failed' && job.allowFailure ? 'Failed, allowed' : JOB_STATUS_WORDS[job.status]
  return (
    <div className={`${BOX} ${tall ? 'h-11' : 'h-[34px]'} ${MARKED[mark ?? 'none']}`}>
      {/* Not a `Link`: a thousand of them would take a second to appear. The graph handles the click. */}
      <a
        href={gatewayPath(`/jobs/${job.id}`)}
        data-target=""
        data-job={job.id}
        tabIndex={tabStop ? 0 : -1}
        title={aboutJob(job)}
        aria-label={`${job.name}, ${status}`}
        className={TARGET}
      >
        <StatusIcon status={job.status} warns={job.allowFailure && job.status !== 'success'} />
        <span className="min-w-0 flex-1 truncate">{label}</span>
      </a>
      <ChildLink job={job} tabStop={tabStop} tall={tall} />
      {job.status === 'scheduled' && job.scheduledAt !== null && (
        <span className="shrink-0 pr-1 text-xs text-soft">
          <Ago at={job.scheduledAt} />
        </span>
      )}
      {action && (
        <button
          type="button"
          tabIndex={tabStop ? 0 : -1}
          disabled={busy}
          aria-label={`${action === 'play' ? 'Play' : 'Retry'} ${job.name}`}
          title={action === 'play' ? 'Play' : 'Retry'}
          onClick={() => onAct(action, job)}
          className={`mr-1 grid shrink-0 place-items-center rounded text-soft hover:bg-raised hover:text-ink disabled:opacity-60 ${tall ? 'size-9' : 'size-6'}`}
        >
          {action === 'play' ? <PlayIcon className="size-3.5" /> : <RetryIcon className="size-3.5" />}
        </button>
      )}
    </div>
  )
})

/** The head of a group of parallel jobs, which opens and closes it. */
export const FoldChip = memo(function FoldChip({
  fold,
  open,
  onToggle,
  ...looks
}: Looks & { fold: Fold; open: boolean; onToggle: (key: string) => void }) {
  const { mark, tabStop, tall } = looks
  const { status, warns } = statusOfFold(fold)
  const counts = Map.groupBy(fold.jobs, (job) => JOB_STATUS_WORDS[job.status])
  const words = [...counts].map(([words, jobs]) => `${jobs.length} ${words.toLowerCase()}`).join(', ')
  return (
    <div className={`${BOX} ${tall ? 'h-11' : 'h-[34px]'} ${MARKED[mark ?? 'none']}`}>
      <button
        type="button"
        data-target=""
        tabIndex={tabStop ? 0 : -1}
        aria-expanded={open}
        title={`${fold.name}\n${words}`}
        aria-label={`${fold.name}, ${fold.jobs.length} jobs: ${words}`}
        onClick={() => onToggle(fold.key)}
        className={TARGET}
      >
        <StatusIcon status={status} warns={warns} />
        <span className="min-w-0 flex-1 truncate">{fold.name}</span>
        {/* Not text, which the label would have to repeat as it stands. */}
        <span
          data-count={fold.jobs.length}
          className="rounded bg-raised px-1.5 text-xs leading-5 text-soft after:content-[attr(data-count)]"
        />
        {open ? <ChoicesIcon className="size-3.5 text-soft" /> : <NextIcon className="size-3.5 text-soft" />}
      </button>
    </div>
  )
})
