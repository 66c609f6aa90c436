import { Link } from '@tanstack/react-router'
import type { Job } from '../../lib/api.ts'
import { runnerName } from '../../lib/lists.ts'
import { failureWords, isOver } from '../../lib/words.ts'
import { Tags } from '../ui/chip.tsx'
import { ABOVE_ROW, type Column, DataTable, ROW_LINK } from '../ui/data-table.tsx'
import { RefName } from '../ui/ref-name.tsx'
import type { Selection } from '../ui/selection.tsx'
import { JobStatusBadge } from '../ui/status.tsx'
import { Ago, Span } from '../ui/time.tsx'

/** How long a job waited for a runner, or has waited so far. */
const Queued = ({ job }: { job: Job }) =>
  job.status === 'scheduled' && job.scheduledAt ? (
    <Ago at={job.scheduledAt} />
  ) : (
    <Span from={job.queuedAt} to={job.startedAt ?? job.finishedAt} />
  )
const Took = ({ job }: { job: Job }) => <Span from={job.startedAt} to={job.finishedAt} />

function RunnerName({ job: { runnerId, runnerDescription } }: { job: Job }) {
  if (runnerId === null) return <span className="text-soft">–</span>
  return (
    <Link to="/runners/$runnerId" params={{ runnerId }} className={ABOVE_ROW}>
      {runnerName({ id: runnerId, description: runnerDescription })}
    </Link>
  )
}

const JobLink = ({ job }: { job: Job }) => (
  <Link to="/jobs/$jobId" params={{ jobId: job.id }} data-row="" className={ROW_LINK}>
    {job.name}
  </Link>
)

/** Why a job failed, in words. */
function FailureReason({ job: { status, failureReason } }: { job: Job }) {
  if (status !== 'failed' || failureReason === null) return null
  const words = failureWords(failureReason)
  return (
    <span className="block truncate text-xs text-soft" title={words}>
      {words}
    </span>
  )
}

const STATUS: Column<Job> = {
  header: 'Status',
  width: 'w-44 lg:w-60',
  cell: (job) => (
    <div className={job.status === 'failed' ? 'py-1' : ''}>
      <JobStatusBadge status={job.status} allowed={job.allowFailure} />
      <FailureReason job={job} />
    </div>
  ),
}
const NAME: Column<Job> = {
  header: 'Job',
  cell: (job) => (
    <span className="flex items-center gap-2">
      <span className="min-w-0 truncate">
        <JobLink job={job} />
      </span>
      <span className="text-xs text-soft">#{job.id}</span>
      <span className="hidden lg:inline-flex">
        <Tags tags={job.tags} most={2} />
      </span>
    </span>
  ),
}
const PROJECT: Column<Job> = {
  header: 'Project',
  width: 'w-[14%]',
  cell: (job) => (
    <Link to="/jobs" search={{ project: job.projectId }} className={ABOVE_ROW}>
      {job.projectPath}
    </Link>
  ),
}
const REF: Column<Job> = { header: 'Ref', width: 'w-[11%]', cell: (job) => <RefName of={job} /> }
const RUNNER: Column<Job> = {
  header: 'Runner',
  width: 'w-[16%]',
  hidden: 'max-lg:hidden',
  cell: (job) => <RunnerName job={job} />,
}
const CREATED: Column<Job> = {
  header: 'Created',
  width: 'w-28',
  align: 'right',
  cell: (job) => (
    <span className="text-soft">
      <Ago at={job.createdAt} />
    </span>
  ),
}
const TIMES: readonly Column<Job>[] = [
  { header: 'Queued', width: 'w-28', align: 'right', hidden: 'max-lg:hidden', cell: (job) => <Queued job={job} /> },
  { header: 'Duration', width: 'w-24', align: 'right', cell: (job) => <Took job={job} /> },
  CREATED,
]

const COLUMNS = [STATUS, NAME, PROJECT, REF, RUNNER, ...TIMES]
const OF_RUNNER = [STATUS, NAME, PROJECT, REF, ...TIMES]

export function JobTable({
  label,
  jobs,
  stale = false,
  ofRunner = false,
  created,
  selection,
}: {
  label: string
  jobs: readonly Job[] | undefined
  stale?: boolean
  /** Hides the runner column: the page is about one runner. */
  ofRunner?: boolean
  /** The order by the time of creation, and how to turn it. */
  created?: NonNullable<Column<Job>['sorted']>
  /** Lets jobs be chosen. */
  selection?: Selection
}) {
  const columns = ofRunner ? OF_RUNNER : COLUMNS
  return (
    <DataTable
      label={label}
      rows={jobs}
      stale={stale}
      {...(selection && { selection: { ...selection, nameOf: ({ id, name }: Job) => `${name} #${id}` } })}
      columns={
        created ? columns.map((column) => (column === CREATED ? { ...column, sorted: created } : column)) : columns
      }
      card={(job) => <JobCard job={job} />}
    />
  )
}

function JobCard({ job }: { job: Job }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1 text-sm">
      <span className="truncate">
        <JobLink job={job} /> <span className="text-xs text-soft">#{job.id}</span>
      </span>
      <span className="justify-self-end">
        <JobStatusBadge status={job.status} allowed={job.allowFailure} />
      </span>
      <span className="flex min-w-0 items-center gap-2 text-xs text-soft">
        <span className="max-w-[55%] shrink-0 truncate">{job.projectPath}</span>
        <RefName of={job} />
      </span>
      <span className="text-right text-xs text-soft">
        {job.startedAt ? <Took job={job} /> : isOver(job.status) ? '–' : <Queued job={job} />}
        {' · '}
        <Ago at={job.createdAt} />
      </span>
      <span className="col-span-2 empty:hidden">
        <FailureReason job={job} />
      </span>
    </div>
  )
}
