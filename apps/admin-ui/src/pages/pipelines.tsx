import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { NoPipelines } from '../components/pipelines/no-pipelines.tsx'
import { PipelineTable } from '../components/pipelines/pipeline-table.tsx'
import { ProjectPicker } from '../components/projects/project-picker.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { ChoiceFilter, Filters, filterStyle, TextFilter } from '../components/ui/filters.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed, PageHeader } from '../components/ui/page.tsx'
import { trpc } from '../lib/api.ts'
import { useLive } from '../lib/live.ts'
import { type Changes, given } from '../lib/search.ts'
import {
  JOB_STATUS_WORDS,
  JOB_STATUSES,
  PIPELINE_CREATOR_WORDS,
  PIPELINE_CREATORS,
  PIPELINE_SOURCE_WORDS,
  PIPELINE_SOURCES,
} from '../lib/words.ts'

const route = getRouteApi('/shell/pipelines')
const PAGE = 50

export function PipelinesPage() {
  const filters = route.useSearch()
  useLive('pipelines')
  const { status, project, ref, source, by, q } = filters
  const pipelines = useInfiniteQuery(
    trpc.pipelines.list.infiniteQueryOptions(
      { limit: PAGE, ...given({ status, projectId: project, ref, source, createdBy: by, search: q }) },
      { getNextPageParam: ({ nextCursor }) => nextCursor, placeholderData: keepPreviousData },
    ),
  )
  const rows = pipelines.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      <PageHeader title="Pipelines">
        <Link to="/schedules" search={given({ project })} className={buttonStyle()}>
          Schedules
        </Link>
        <Link to="/lint" search={given({ project })} data-new="" className={buttonStyle('primary')}>
          <PlusIcon /> New pipeline
        </Link>
      </PageHeader>
      <PipelineFilters />
      {pipelines.isError && !rows ? (
        <Failed error={pipelines.error} onRetry={() => void pipelines.refetch()} />
      ) : rows?.length === 0 && !pipelines.isPlaceholderData ? (
        Object.keys(filters).length > 0 ? (
          <Empty title="No pipelines match these filters">
            <Link to="/pipelines" className={buttonStyle()}>
              Show all pipelines
            </Link>
          </Empty>
        ) : (
          <NoPipelines />
        )
      ) : (
        <PipelineTable pipelines={rows} stale={pipelines.isPlaceholderData} />
      )}
      {pipelines.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={pipelines.isFetchingNextPage} onClick={() => void pipelines.fetchNextPage()}>
            Show older pipelines
          </Button>
        </div>
      )}
    </>
  )
}

const STATUS_OPTIONS = JOB_STATUSES.map((status) => [status, JOB_STATUS_WORDS[status]] as const)
const SOURCE_OPTIONS = PIPELINE_SOURCES.map((source) => [source, PIPELINE_SOURCE_WORDS[source]] as const)
const CREATOR_OPTIONS = PIPELINE_CREATORS.map((creator) => [creator, PIPELINE_CREATOR_WORDS[creator]] as const)

function PipelineFilters() {
  const filters = route.useSearch()
  const navigate = useNavigate({ from: '/pipelines' })
  const change = (changed: Changes<typeof filters>) =>
    void navigate({ search: (before) => given({ ...before, ...changed }), replace: true })
  return (
    <Filters
      label="Filter pipelines"
      active={Object.keys(filters).length > 0}
      onClear={() => void navigate({ search: {}, replace: true })}
    >
      <TextFilter wide label="Search name, ref, commit, project" value={filters.q} onChange={(q) => change({ q })} />
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
      <TextFilter label="Ref" value={filters.ref} onChange={(ref) => change({ ref })} />
      <ChoiceFilter
        label="Source"
        all="Any source"
        value={filters.source}
        options={SOURCE_OPTIONS}
        onChange={(source) => change({ source: PIPELINE_SOURCES.find((known) => known === source) })}
      />
      <ChoiceFilter
        label="Created by"
        all="Any creator"
        value={filters.by}
        options={CREATOR_OPTIONS}
        onChange={(by) => change({ by: PIPELINE_CREATORS.find((known) => known === by) })}
      />
    </Filters>
  )
}
