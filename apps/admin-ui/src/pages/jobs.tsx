import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { BulkJobs } from '../components/jobs/bulk-jobs.tsx'
import { JobSearch } from '../components/jobs/job-search.tsx'
import { JobTable } from '../components/jobs/job-table.tsx'
import { NewJob } from '../components/jobs/new-job.tsx'
import { ProjectPicker } from '../components/projects/project-picker.tsx'
import { RunnerPicker } from '../components/runners/runner-picker.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { ChoiceFilter, Filters, filterStyle, TextFilter } from '../components/ui/filters.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed, PageHeader } from '../components/ui/page.tsx'
import { Takeaway } from '../components/ui/secret.tsx'
import { useSelection } from '../components/ui/selection.tsx'
import { trpc } from '../lib/api.ts'
import { isCommit } from '../lib/job-query.ts'
import { useLive } from '../lib/live.ts'
import { type Changes, given } from '../lib/search.ts'
import { counted, JOB_STATUS_WORDS, JOB_STATUSES } from '../lib/words.ts'

const route = getRouteApi('/shell/jobs')
const PAGE = 50
/** A count reads more than a page, and the list itself shows what changes. */
const COUNTED_MS = 10_000

export function JobsPage() {
  const { new: isNew, sort, ...filters } = route.useSearch()
  const navigate = useNavigate({ from: '/jobs' })
  useLive('jobs')
  const { status, project, pipeline, runner, tag, ref, sha, q } = filters
  const filter = given({
    ...{ status, projectId: project, pipelineId: pipeline, runnerId: runner, runnerTag: tag, ref, sha, search: q },
  })
  const jobs = useInfiniteQuery(
    trpc.jobs.list.infiniteQueryOptions(
      { limit: PAGE, ...filter, ...given({ sort }) },
      { getNextPageParam: ({ nextCursor }) => nextCursor, placeholderData: keepPreviousData },
    ),
  )
  const { data: total } = useQuery(
    trpc.jobs.count.queryOptions(filter, { placeholderData: keepPreviousData, refetchInterval: COUNTED_MS }),
  )
  const selection = useSelection(JSON.stringify(filter))
  const rows = jobs.data?.pages.flatMap(({ items }) => items)
  const isFiltered = Object.keys(filters).length > 0
  const openForm = (open: boolean) =>
    void navigate({ search: (before) => given({ ...before, new: open ? true : undefined }), replace: !open })

  return (
    <>
      <PageHeader
        title="Jobs"
        beside={
          pipeline !== undefined && (
            <Link to="/pipelines/$pipelineId" params={{ pipelineId: pipeline }} className="text-soft underline">
              Pipeline #{pipeline}
            </Link>
          )
        }
      >
        <Button kind="primary" data-new="" onClick={() => openForm(true)}>
          <PlusIcon /> New job
        </Button>
      </PageHeader>
      <JobFilters />
      {jobs.isError && !rows ? (
        <Failed error={jobs.error} onRetry={() => void jobs.refetch()} />
      ) : rows?.length === 0 && !jobs.isPlaceholderData ? (
        isFiltered ? (
          <Empty title="No jobs match these filters">
            <Link to="/jobs" className={buttonStyle()}>
              Show all jobs
            </Link>
          </Empty>
        ) : (
          <NoJobs onNew={() => openForm(true)} />
        )
      ) : (
        <>
          {total && (
            <p className="mb-2 text-xs text-soft" aria-live="polite">
              {totalWords(total, isFiltered)}
            </p>
          )}
          <BulkJobs selection={selection} filter={filter} shown={rows?.length ?? 0} total={total?.jobs} />
          <JobTable
            selection={selection}
            label={sort === 'oldest' ? 'Jobs, oldest first' : 'Jobs, newest first'}
            jobs={rows}
            stale={jobs.isPlaceholderData}
            created={{
              direction: sort === 'oldest' ? 'ascending' : 'descending',
              onTurn: () =>
                void navigate({
                  search: (before) => given({ ...before, sort: sort === 'oldest' ? undefined : ('oldest' as const) }),
                  replace: true,
                }),
            }}
          />
        </>
      )}
      {jobs.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
            {sort === 'oldest' ? 'Show newer jobs' : 'Show older jobs'}
          </Button>
        </div>
      )}
      {isNew && <NewJob {...(project !== undefined && { projectId: project })} onClose={() => openForm(false)} />}
    </>
  )
}

const totalWords = ({ jobs, more }: { jobs: number; more: boolean }, isFiltered: boolean): string =>
  `${more ? 'More than ' : ''}${counted(jobs)} ${jobs === 1 ? 'job' : 'jobs'}${isFiltered ? ` ${jobs === 1 ? 'matches' : 'match'}` : ''}`

const STATUS_OPTIONS = JOB_STATUSES.map((status) => [status, JOB_STATUS_WORDS[status]] as const)

function JobFilters() {
  const { new: _new, sort: _sort, ...filters } = route.useSearch()
  const navigate = useNavigate({ from: '/jobs' })
  const change = (changed: Changes<typeof filters>) =>
    void navigate({ search: (before) => given({ ...before, ...changed }), replace: true })
  return (
    <Filters
      label="Filter jobs"
      active={Object.keys(filters).length > 0}
      onClear={() => void navigate({ search: {}, replace: true })}
    >
      <JobSearch value={filters.q} onChange={change} />
      <ChoiceFilter
        label="Status"
        all="Any status"
        value={filters.status}
        options={STATUS_OPTIONS}
        onChange={(status) => change({ status: JOB_STATUSES.find((known) => known === status) })}
      />
      <ProjectPicker
        aria-label="Project"
        none="All projects"
        className={filterStyle(filters.project)}
        value={filters.project ?? null}
        onChoose={(project) => change({ project: project ?? undefined })}
      />
      <RunnerPicker
        aria-label="Runner"
        none="All runners"
        className={filterStyle(filters.runner)}
        value={filters.runner ?? null}
        onChoose={(runner) => change({ runner: runner ?? undefined })}
      />
      {filters.pipeline !== undefined && (
        <ChoiceFilter
          label="Pipeline"
          all="All pipelines"
          value={String(filters.pipeline)}
          options={[[String(filters.pipeline), `Pipeline #${filters.pipeline}`]]}
          onChange={() => change({ pipeline: undefined })}
        />
      )}
      {(['ref', 'sha'] as const).map(
        (key) =>
          filters[key] !== undefined && (
            <ChoiceFilter
              key={key}
              label={key === 'ref' ? 'Ref' : 'Commit'}
              all={key === 'ref' ? 'Any ref' : 'Any commit'}
              value={filters[key]}
              options={[[filters[key], `${key === 'ref' ? 'Ref' : 'Commit'} ${shortened(filters[key])}`]]}
              onChange={() => change({ [key]: undefined })}
            />
          ),
      )}
      <TextFilter label="Tag" value={filters.tag} onChange={(tag) => change({ tag })} />
    </Filters>
  )
}

/** A commit is shown by its first digits. */
const shortened = (text: string): string => (isCommit(text) ? text.slice(0, 12) : text)

function NoJobs({ onNew }: { onNew: () => void }) {
  const { data: runners } = useQuery(trpc.runners.list.queryOptions({ limit: 1 }))
  const { data: limits } = useQuery(trpc.settings.limits.queryOptions())
  return (
    <Empty title="No jobs yet">
      <p className="text-soft">
        Create one here, or watch a few samples run: this command starts a small demo runner. Run it in a second
        terminal, in the directory where Yardmaster was started.
      </p>
      {limits && (
        <div className="w-full text-left">
          <Takeaway text={limits.demoCommand} label="Copy the command" />
        </div>
      )}
      <div className="mt-2 flex flex-wrap justify-center gap-2">
        <Button kind="primary" onClick={onNew}>
          <PlusIcon /> New job
        </Button>
        {runners?.items.length === 0 && (
          <Link to="/runners" className={buttonStyle()}>
            Register a runner
          </Link>
        )}
      </div>
    </Empty>
  )
}
