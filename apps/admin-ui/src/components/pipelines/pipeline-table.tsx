import { Link } from '@tanstack/react-router'
import type { Pipeline } from '../../lib/api.ts'
import { creatorWords, percentage, pipelineName, sourceWords } from '../../lib/words.ts'
import { ABOVE_ROW, type Column, DataTable, ROW_LINK } from '../ui/data-table.tsx'
import { RefName } from '../ui/ref-name.tsx'
import { PipelineStatusBadge } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { PipelineDuration } from './pipeline-duration.tsx'
import { StageDots } from './stage-dots.tsx'

const SHORT_SHA = 8

const PipelineLink = ({ pipeline }: { pipeline: Pipeline }) => (
  <Link
    to="/pipelines/$pipelineId"
    params={{ pipelineId: pipeline.id }}
    data-row=""
    title={pipelineName(pipeline)}
    className={ROW_LINK}
  >
    {pipelineName(pipeline)}
  </Link>
)

const Commit = ({ pipeline: { sha } }: { pipeline: Pipeline }) =>
  sha !== null && (
    <code className="shrink-0 font-mono text-xs text-soft" title={sha}>
      {sha.slice(0, SHORT_SHA)}
    </code>
  )

/** What the commit is about, as far as there is room. */
const CommitTitle = ({ pipeline: { commitTitle } }: { pipeline: Pipeline }) =>
  commitTitle !== null && (
    <span className="min-w-0 flex-1 truncate text-xs text-soft" title={commitTitle}>
      {commitTitle}
    </span>
  )

const COVERAGE: Column<Pipeline> = {
  header: 'Coverage',
  width: 'w-24',
  align: 'right',
  hidden: 'max-xl:hidden',
  cell: ({ coverage }) => coverage !== null && percentage(coverage),
}

const COLUMNS: readonly Column<Pipeline>[] = [
  {
    header: 'Status',
    width: 'w-36 lg:w-48',
    cell: (pipeline) => <PipelineStatusBadge pipeline={pipeline} />,
  },
  {
    header: 'Pipeline',
    cell: (pipeline) => (
      <span className="flex items-center gap-2">
        <span className="min-w-0 truncate">
          <PipelineLink pipeline={pipeline} />
        </span>
        {pipeline.name !== null && <span className="text-xs text-soft">#{pipeline.id}</span>}
        <CommitTitle pipeline={pipeline} />
      </span>
    ),
  },
  {
    header: 'Ref',
    width: 'w-[13%]',
    cell: (pipeline) => (
      <span className="flex min-w-0 items-center gap-2">
        <RefName of={pipeline} />
        <Commit pipeline={pipeline} />
      </span>
    ),
  },
  {
    header: 'Project',
    width: 'w-[12%]',
    hidden: 'max-lg:hidden',
    cell: ({ projectId, projectPath }) => (
      <Link to="/pipelines" search={{ project: projectId }} className={ABOVE_ROW} title={projectPath}>
        {projectPath}
      </Link>
    ),
  },
  {
    header: 'Source',
    width: 'w-44',
    hidden: 'max-xl:hidden',
    cell: (pipeline) => (
      <>
        {sourceWords(pipeline)} <span className="text-xs text-soft">{creatorWords(pipeline)}</span>
      </>
    ),
  },
  { header: 'Stages', width: 'w-44', cell: (pipeline) => <StageDots pipeline={pipeline} /> },
  COVERAGE,
  {
    header: 'Duration',
    width: 'w-24',
    align: 'right',
    cell: (pipeline) => <PipelineDuration pipeline={pipeline} />,
  },
  {
    header: 'Created',
    width: 'w-28',
    align: 'right',
    hidden: 'max-lg:hidden',
    cell: ({ createdAt }) => (
      <span className="text-soft">
        <Ago at={createdAt} />
      </span>
    ),
  },
]

/** Many projects measure no coverage; titles of commits need the room more. */
const WITHOUT_COVERAGE = COLUMNS.filter((column) => column !== COVERAGE)

export function PipelineTable({ pipelines, stale }: { pipelines: readonly Pipeline[] | undefined; stale: boolean }) {
  return (
    <DataTable
      label="Pipelines, newest first"
      rows={pipelines}
      stale={stale}
      columns={pipelines?.some(({ coverage }) => coverage !== null) ? COLUMNS : WITHOUT_COVERAGE}
      card={(pipeline) => <PipelineCard pipeline={pipeline} />}
    />
  )
}

function PipelineCard({ pipeline }: { pipeline: Pipeline }) {
  return (
    <div className="grid grid-cols-1 gap-1 text-sm">
      <span className="flex items-center justify-between gap-3">
        <span className="min-w-0 truncate">
          <PipelineLink pipeline={pipeline} />
          {pipeline.name !== null && <span className="text-xs text-soft"> #{pipeline.id}</span>}
        </span>
        <span className="shrink-0">
          <PipelineStatusBadge pipeline={pipeline} />
        </span>
      </span>
      <span className="flex min-w-0 items-center gap-2 text-xs text-soft">
        <span className="max-w-[40%] shrink-0 truncate">{pipeline.projectPath}</span>
        <span className="min-w-0 flex-1 truncate">
          <RefName of={pipeline} />
        </span>
        <Commit pipeline={pipeline} />
      </span>
      <CommitTitle pipeline={pipeline} />
      <span className="flex items-center justify-between gap-3 text-xs text-soft">
        <span className="-ml-1">
          <StageDots pipeline={pipeline} />
        </span>
        <span className="truncate">
          {pipeline.coverage === null ? sourceWords(pipeline) : `Coverage ${percentage(pipeline.coverage)}`} ·{' '}
          <PipelineDuration pipeline={pipeline} /> · <Ago at={pipeline.createdAt} />
        </span>
      </span>
    </div>
  )
}
