import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { MadeOf } from '../components/pipelines/made-of.tsx'
import { PipelineActions } from '../components/pipelines/pipeline-actions.tsx'
import { PipelineFacts } from '../components/pipelines/pipeline-facts.tsx'
import { PipelineGraph } from '../components/pipelines/pipeline-graph.tsx'
import { TestsPanel } from '../components/pipelines/tests-panel.tsx'
import { Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import { PipelineStatusBadge } from '../components/ui/status.tsx'
import { type Pipeline, trpc } from '../lib/api.ts'
import { useStatusIcon } from '../lib/favicon.ts'
import { useLive } from '../lib/live.ts'
import { codeOf } from '../lib/refusal.ts'
import { useScrollToHash } from '../lib/scroll-to-hash.ts'
import { useVisible } from '../lib/visibility.ts'
import { type Arrangement, isOver, pipelineName, pipelineStatusWords } from '../lib/words.ts'
import { NotFoundPage } from './not-found.tsx'

const route = getRouteApi('/shell/pipelines/$pipelineId')
/** A background tab has no live connection, but its icon still shows the status. */
const HIDDEN_MS = 10_000

export function PipelinePage() {
  const { pipelineId } = route.useParams()
  const { by = 'stage', tests } = route.useSearch()
  const visible = useVisible()
  useLive('pipelines')
  const found = useQuery(
    trpc.pipelines.jobs.queryOptions(
      { id: pipelineId },
      {
        refetchInterval: ({ state: { data } }) =>
          visible || (data && isOver(data.pipeline.status)) ? false : HIDDEN_MS,
        refetchIntervalInBackground: true,
      },
    ),
  )
  const { data } = found
  useStatusIcon(data?.pipeline.status)
  useScrollToHash(data !== undefined)

  if (['NOT_FOUND', 'BAD_REQUEST'].includes(codeOf(found.error) ?? '')) return <NotFoundPage what="pipeline" />
  if (found.isError && !data) return <Failed error={found.error} onRetry={() => void found.refetch()} />
  if (!data)
    return (
      <>
        <PageHeader above="Pipelines" title={`Pipeline #${pipelineId}`} />
        <div aria-busy="true" className="h-96 rounded-lg border border-line bg-panel" />
      </>
    )
  const { pipeline, jobs } = data
  const hasNeeds = jobs.some(({ needs }) => needs !== null)
  return (
    <>
      <PageHeader
        above={<Above pipeline={pipeline} />}
        title={pipelineName(pipeline)}
        tab={`${pipelineStatusWords(pipeline)}: ${pipelineName(pipeline)}${pipeline.name === null ? '' : ` #${pipelineId}`}`}
        beside={
          <>
            {pipeline.name !== null && <span className="text-soft">#{pipelineId}</span>}
            <span aria-live="polite" data-testid="status">
              <PipelineStatusBadge pipeline={pipeline} />
            </span>
          </>
        }
      >
        <PipelineActions pipeline={pipeline} jobs={jobs} />
      </PageHeader>
      <div className="grid grid-cols-1 gap-4">
        <PipelineFacts pipeline={pipeline} />
        <Warnings warnings={pipeline.warnings} />
        <Panel
          title={`Jobs (${jobs.length})`}
          actions={
            <span className="flex items-center gap-2">
              {hasNeeds && <ArrangementChoice by={by} />}
              <Link to="/jobs" search={{ pipeline: pipelineId }} className="px-2 text-xs text-soft hover:underline">
                Show as list
              </Link>
            </span>
          }
          flush
        >
          <PipelineGraph pipeline={pipeline} jobs={jobs} by={hasNeeds ? by : 'stage'} />
        </Panel>
        <TestsPanel pipelineId={pipelineId} jobs={jobs} view={tests} />
        <MadeOf pipelineId={pipelineId} />
      </div>
    </>
  )
}

const Above = ({ pipeline: { projectId, projectPath } }: { pipeline: Pipeline }) => (
  <>
    <Link to="/pipelines" className="hover:underline">
      Pipelines
    </Link>
    {' / '}
    <Link to="/pipelines" search={{ project: projectId }} className="hover:underline">
      {projectPath}
    </Link>
  </>
)

function Warnings({ warnings }: Pick<Pipeline, 'warnings'>) {
  if (warnings.length === 0) return null
  return (
    <section aria-label="Warnings" className="rounded-md bg-warn-wash px-4 py-2.5 text-sm text-warn">
      <h2 className="font-medium">The configuration has parts without effect</h2>
      <ul className="list-disc pl-5">
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </section>
  )
}

const CHOICES: readonly (readonly [Arrangement, string])[] = [
  ['stage', 'By stage'],
  ['needs', 'By needs'],
]

/** Switches between columns for stages and columns for needs. Narrow pages have the list by stage only. */
function ArrangementChoice({ by }: { by: Arrangement }) {
  const { pipelineId } = route.useParams()
  return (
    <span className="inline-flex overflow-hidden rounded-md border border-line-strong max-md:hidden">
      {CHOICES.map(([choice, words]) => (
        <Link
          key={choice}
          to="/pipelines/$pipelineId"
          params={{ pipelineId }}
          search={({ by: _, ...before }) => (choice === 'stage' ? before : { ...before, by: choice })}
          replace
          resetScroll={false}
          aria-current={choice === by ? 'true' : undefined}
          activeOptions={{ exact: true, includeSearch: true }}
          className={`px-2.5 py-0.5 text-xs leading-5 ${choice === by ? 'bg-accent text-accent-ink' : 'text-soft hover:bg-raised hover:text-ink'}`}
        >
          {words}
        </Link>
      ))}
    </span>
  )
}
