import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ActiveSwitch, ScheduleActions } from '../components/schedules/schedule-actions.tsx'
import { EditSchedule, NewSchedule } from '../components/schedules/schedule-form.tsx'
import { Button } from '../components/ui/button.tsx'
import { Chip } from '../components/ui/chip.tsx'
import { ABOVE_ROW, type Column, DataTable, ROW_LINK } from '../components/ui/data-table.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed, PageHeader } from '../components/ui/page.tsx'
import { PipelineStatusIcon } from '../components/ui/status.tsx'
import { Ago } from '../components/ui/time.tsx'
import { type Schedule, trpc } from '../lib/api.ts'
import { given } from '../lib/search.ts'
import { pipelineStatusWords } from '../lib/words.ts'

const route = getRouteApi('/shell/schedules')
const PAGE = 50
/** Milliseconds until the list is read again: runs are not announced. */
const RECHECK_MS = 10_000

const Described = ({ schedule }: { schedule: Schedule }) => (
  <Link
    from="/schedules"
    to="/schedules"
    search={(before) => ({ ...before, edit: schedule.id })}
    data-row=""
    className={ROW_LINK}
  >
    {schedule.description}
  </Link>
)

const Of = ({ schedule: { projectId, projectPath } }: { schedule: Schedule }) => (
  <Link to="/projects/$projectId" params={{ projectId }} className={ABOVE_ROW}>
    {projectPath}
  </Link>
)

const Times = ({ schedule: { cron, timeZone } }: { schedule: Schedule }) => (
  <>
    <span className="font-mono text-xs">{cron}</span> <span className="text-soft">{timeZone}</span>
  </>
)

const NextRun = ({ schedule }: { schedule: Schedule }) =>
  schedule.pausedByFailures ? <Chip tone="warn">Paused</Chip> : <Ago at={schedule.nextRunAt} />

/** What came of the last run: its pipeline, or why there is none. */
function LastRun({ schedule: { lastPipeline, lastRunAt, lastFailure } }: { schedule: Schedule }) {
  if (lastFailure !== null) return <Chip tone="warn">{`No pipeline: ${lastFailure}`}</Chip>
  if (!lastPipeline) return <Ago at={lastRunAt} never="never" />
  const { id } = lastPipeline
  const words = pipelineStatusWords(lastPipeline)
  return (
    <Link
      to="/pipelines/$pipelineId"
      params={{ pipelineId: id }}
      title={words}
      className={`${ABOVE_ROW} inline-flex items-center gap-1.5 align-middle`}
    >
      <PipelineStatusIcon pipeline={lastPipeline} />
      <span className="sr-only">{words}: </span>#{id}
    </Link>
  )
}

const COLUMNS: readonly Column<Schedule>[] = [
  {
    header: 'Active',
    width: 'w-20',
    cell: (schedule) => (
      <span className="relative z-10 inline-flex align-middle">
        <ActiveSwitch schedule={schedule} />
      </span>
    ),
  },
  { header: 'Description', cell: (schedule) => <Described schedule={schedule} /> },
  { header: 'Project', width: 'w-[16%]', cell: (schedule) => <Of schedule={schedule} /> },
  { header: 'Times', width: 'w-[20%]', cell: (schedule) => <Times schedule={schedule} /> },
  { header: 'Next run', width: 'w-32', cell: (schedule) => <NextRun schedule={schedule} /> },
  { header: 'Last run', width: 'w-[14%]', cell: (schedule) => <LastRun schedule={schedule} /> },
  {
    header: 'Actions',
    width: 'w-28',
    align: 'right',
    cell: (schedule) => (
      <span className="relative z-10">
        <ScheduleActions schedule={schedule} />
      </span>
    ),
  },
]

const Card = ({ schedule }: { schedule: Schedule }) => (
  <div className="grid grid-cols-1 gap-1 text-sm">
    <span className="flex items-center justify-between gap-3">
      <span className="truncate">
        <Described schedule={schedule} />
      </span>
      <span className="relative z-10 flex shrink-0 items-center gap-1">
        <ScheduleActions schedule={schedule} />
        <ActiveSwitch schedule={schedule} />
      </span>
    </span>
    <span className="truncate text-xs text-soft">
      <Of schedule={schedule} /> · <Times schedule={schedule} />
    </span>
    <span className="flex gap-3 truncate text-xs text-soft">
      <span>
        Next: <NextRun schedule={schedule} />
      </span>
      <span className="truncate">
        Last: <LastRun schedule={schedule} />
      </span>
    </span>
  </div>
)

export function SchedulesPage() {
  const { new: isNew, edit, project } = route.useSearch()
  const navigate = useNavigate({ from: '/schedules' })
  const schedules = useInfiniteQuery(
    trpc.schedules.list.infiniteQueryOptions(
      { limit: PAGE, ...(project !== undefined && { projectId: project }) },
      { getNextPageParam: ({ nextCursor }) => nextCursor, refetchInterval: RECHECK_MS },
    ),
  )
  const rows = schedules.data?.pages.flatMap(({ items }) => items)
  const show = (search: { new?: boolean; edit?: number }) =>
    void navigate({ search: given({ project, ...search }), replace: Object.keys(search).length === 0 })
  const create = (
    <Button kind="primary" data-new="" onClick={() => show({ new: true })}>
      <PlusIcon /> New schedule
    </Button>
  )
  return (
    <>
      <PageHeader
        above={
          <Link to="/pipelines" search={given({ project })} className="hover:underline">
            Pipelines
          </Link>
        }
        title="Schedules"
      >
        {create}
      </PageHeader>
      {schedules.isError && !rows ? (
        <Failed error={schedules.error} onRetry={() => void schedules.refetch()} />
      ) : rows?.length === 0 ? (
        <Empty title="No schedules yet">
          <p className="text-soft">
            A schedule creates pipelines of a project at fixed times, every night for example.
          </p>
        </Empty>
      ) : (
        <DataTable
          label="Schedules, newest first"
          rows={rows}
          columns={COLUMNS}
          card={(schedule) => <Card schedule={schedule} />}
        />
      )}
      {schedules.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={schedules.isFetchingNextPage} onClick={() => void schedules.fetchNextPage()}>
            Show older schedules
          </Button>
        </div>
      )}
      {isNew && <NewSchedule project={project ?? null} onClose={() => show({})} />}
      {edit !== undefined && <EditSchedule key={edit} id={edit} onClose={() => show({})} />}
    </>
  )
}
