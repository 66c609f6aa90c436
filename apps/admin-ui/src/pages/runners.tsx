import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { BulkRunners } from '../components/runners/bulk-runners.tsx'
import { RegisterLine } from '../components/runners/new-token.tsx'
import { NewRunner } from '../components/runners/runner-form.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { Chip, Tags } from '../components/ui/chip.tsx'
import { type Column, DataTable, ROW_LINK } from '../components/ui/data-table.tsx'
import { ChoiceFilter, Filters, TextFilter } from '../components/ui/filters.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed, PageHeader } from '../components/ui/page.tsx'
import { useSelection } from '../components/ui/selection.tsx'
import { RunnerStatusBadge } from '../components/ui/status.tsx'
import { Ago } from '../components/ui/time.tsx'
import { type Runner, trpc } from '../lib/api.ts'
import { runnerName } from '../lib/lists.ts'
import { useLive } from '../lib/live.ts'
import { type Changes, given } from '../lib/search.ts'
import { counted, RUNNER_STATUS_WORDS, RUNNER_STATUSES, RUNNER_TYPE_WORDS, RUNNER_TYPES } from '../lib/words.ts'

const route = getRouteApi('/shell/runners')
const PAGE = 50
/** No event announces the number of running jobs, so the list is polled. */
const RECHECK_MS = 10_000

const RunnerLink = ({ runner }: { runner: Runner }) => (
  <Link to="/runners/$runnerId" params={{ runnerId: runner.id }} data-row="" className={ROW_LINK}>
    {runnerName(runner)}
  </Link>
)

const dash = <span className="text-soft">–</span>

const COLUMNS: readonly Column<Runner>[] = [
  {
    header: 'Status',
    width: 'w-56',
    cell: (runner) => <RunnerStatusBadge status={runner.status} paused={runner.paused} />,
  },
  {
    header: 'Runner',
    cell: (runner) => (
      <span className="flex items-center gap-2">
        <span className="min-w-0 truncate">
          <RunnerLink runner={runner} />
        </span>
        <span className="text-xs text-soft">#{runner.id}</span>
      </span>
    ),
  },
  { header: 'Type', width: 'w-20', cell: (runner) => RUNNER_TYPE_WORDS[runner.runnerType] },
  {
    header: 'Tags',
    width: 'w-[20%]',
    cell: (runner) => (runner.tagList.length === 0 ? dash : <Tags tags={runner.tagList} most={3} />),
  },
  { header: 'Executor', width: 'w-28', hidden: 'max-lg:hidden', cell: (runner) => runner.executor ?? dash },
  { header: 'Version', width: 'w-20', hidden: 'max-lg:hidden', cell: (runner) => runner.version ?? dash },
  {
    header: 'Running',
    width: 'w-20',
    align: 'right',
    cell: (runner) => (runner.runningJobs === 0 ? <span className="text-soft">0</span> : runner.runningJobs),
  },
  {
    header: 'Last contact',
    width: 'w-28',
    align: 'right',
    cell: (runner) => (
      <span className="text-soft">
        <Ago at={runner.contactedAt} never="never" />
      </span>
    ),
  },
]

export function RunnersPage() {
  const { new: isNew, ...filters } = route.useSearch()
  const navigate = useNavigate({ from: '/runners' })
  useLive('runners')
  const { q, ...others } = filters
  const filter = { ...others, ...given({ search: q }) }
  const selection = useSelection(JSON.stringify(filter))
  const { data: total } = useQuery(
    trpc.runners.count.queryOptions(filter, { placeholderData: keepPreviousData, refetchInterval: RECHECK_MS }),
  )
  const runners = useInfiniteQuery(
    trpc.runners.list.infiniteQueryOptions(
      { limit: PAGE, ...filter },
      {
        getNextPageParam: ({ nextCursor }) => nextCursor,
        placeholderData: keepPreviousData,
        refetchInterval: RECHECK_MS,
      },
    ),
  )
  const rows = runners.data?.pages.flatMap(({ items }) => items)
  const openForm = (open: boolean) =>
    void navigate({ search: (before) => given({ ...before, new: open ? true : undefined }), replace: !open })

  return (
    <>
      <PageHeader title="Runners">
        <Button kind="primary" data-new="" onClick={() => openForm(true)}>
          <PlusIcon /> New runner
        </Button>
      </PageHeader>
      <RunnerFilters />
      {runners.isError && !rows ? (
        <Failed error={runners.error} onRetry={() => void runners.refetch()} />
      ) : rows?.length === 0 && !runners.isPlaceholderData ? (
        Object.keys(filters).length > 0 ? (
          <Empty title="No runners match these filters">
            <Link to="/runners" className={buttonStyle()}>
              Show all runners
            </Link>
          </Empty>
        ) : (
          <NoRunners onNew={() => openForm(true)} />
        )
      ) : (
        <>
          {total && (
            <p className="mb-2 text-xs text-soft" aria-live="polite">
              {counted(total.runners)} {total.runners === 1 ? 'runner' : 'runners'}
            </p>
          )}
          <BulkRunners selection={selection} filter={filter} shown={rows?.length ?? 0} total={total?.runners} />
          <DataTable
            label="Runners, newest first"
            rows={rows}
            columns={COLUMNS}
            stale={runners.isPlaceholderData}
            selection={{ ...selection, nameOf: (runner) => `${runnerName(runner)} #${runner.id}` }}
            card={(runner) => <RunnerCard runner={runner} />}
          />
        </>
      )}
      {runners.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={runners.isFetchingNextPage} onClick={() => void runners.fetchNextPage()}>
            Show older runners
          </Button>
        </div>
      )}
      {isNew && <NewRunner onClose={() => openForm(false)} />}
    </>
  )
}

function RunnerCard({ runner }: { runner: Runner }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1 text-sm">
      <span className="line-clamp-2 break-words">
        <RunnerLink runner={runner} /> <span className="text-xs text-soft">#{runner.id}</span>
      </span>
      <span className="justify-self-end">
        <RunnerStatusBadge status={runner.status} paused={runner.paused} />
      </span>
      <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-xs text-soft">
        <Chip>{RUNNER_TYPE_WORDS[runner.runnerType]}</Chip>
        <Tags tags={runner.tagList} most={3} />
      </span>
      <span className="text-right text-xs text-soft">
        {runner.runningJobs > 0 && `runs ${runner.runningJobs} · `}
        <Ago at={runner.contactedAt} never="never seen" />
      </span>
    </div>
  )
}

const STATUS_OPTIONS = Object.entries(RUNNER_STATUS_WORDS)
const TYPE_OPTIONS = Object.entries(RUNNER_TYPE_WORDS)

function RunnerFilters() {
  const { new: _new, ...filters } = route.useSearch()
  const navigate = useNavigate({ from: '/runners' })
  const change = (changed: Changes<typeof filters>) =>
    void navigate({ search: (before) => given({ ...before, ...changed }), replace: true })
  return (
    <Filters
      label="Filter runners"
      active={Object.keys(filters).length > 0}
      onClear={() => void navigate({ search: {}, replace: true })}
    >
      <TextFilter wide label="Search description, project, tag" value={filters.q} onChange={(q) => change({ q })} />
      <ChoiceFilter
        label="Status"
        all="Any status"
        value={filters.status}
        options={STATUS_OPTIONS}
        onChange={(status) => change({ status: RUNNER_STATUSES.find((known) => known === status) })}
      />
      <ChoiceFilter
        label="Type"
        all="Any type"
        value={filters.type}
        options={TYPE_OPTIONS}
        onChange={(type) => change({ type: RUNNER_TYPES.find((known) => known === type) })}
      />
      <ChoiceFilter
        label="Paused"
        all="Paused or not"
        value={filters.paused?.toString()}
        options={[
          ['true', 'Paused'],
          ['false', 'Not paused'],
        ]}
        onChange={(paused) => change({ paused: paused === undefined ? undefined : paused === 'true' })}
      />
      <TextFilter label="Tag" value={filters.tag} onChange={(tag) => change({ tag })} />
    </Filters>
  )
}

function NoRunners({ onNew }: { onNew: () => void }) {
  const { data: settings } = useQuery(trpc.settings.get.queryOptions())
  const { data: limits } = useQuery(trpc.settings.limits.queryOptions())
  return (
    <Empty title="No runners yet">
      <p className="text-soft">
        Runners are the machines that run jobs. Create one here to get a token of its own
        {limits?.registrationEnabled && settings?.registrationToken
          ? ', or run this where gitlab-runner is installed:'
          : '.'}
      </p>
      {limits?.registrationEnabled && settings?.registrationToken && (
        <div className="w-full">
          <RegisterLine token={settings.registrationToken} legacy />
        </div>
      )}
      <Button kind="primary" className="mt-2" onClick={onNew}>
        <PlusIcon /> New runner
      </Button>
    </Empty>
  )
}
