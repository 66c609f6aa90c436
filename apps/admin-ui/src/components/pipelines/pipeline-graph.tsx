import { useCallback, useMemo, useState } from 'react'
import type { JobInPipeline, Pipeline } from '../../lib/api.ts'
import { useWide } from '../../lib/visibility.ts'
import { type Arrangement, pipelineStatusWords } from '../../lib/words.ts'
import { PipelineStatusIcon } from '../ui/status.tsx'
import { arrange } from './arrange.ts'
import { GraphLines } from './graph-lines.tsx'
import { type ChipAction, FoldChip, JobChip } from './job-chip.tsx'
import { type Chip, type Layout, layOut, SIZES } from './lay-out.ts'
import { stageAnchor } from './stage-dots.tsx'
import { useGraph } from './use-graph.ts'
import { useJobAction } from './use-job-action.ts'

/**
 * The jobs of a pipeline in columns, with lines from needed jobs to those that need them; where there is no room, as a
 * list by stage. The arrow keys move between jobs, and Enter opens one.
 */
export function PipelineGraph({
  pipeline,
  jobs,
  by,
}: {
  pipeline: Pipeline
  jobs: readonly JobInPipeline[]
  by: Arrangement
}) {
  const wide = useWide()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const columns = useMemo(() => arrange(jobs, wide ? by : 'stage'), [jobs, wide, by])
  const layout = useMemo(() => layOut(columns, open), [columns, open])
  const { tabStop, markOf, strong, focus, handlers } = useGraph(layout)
  const { act, busy } = useJobAction()
  const onAct = useCallback(
    (action: ChipAction, job: JobInPipeline) => {
      focus(job.name)
      act(action, job.id)
    },
    [act, focus],
  )
  const onToggle = useCallback(
    (key: string) =>
      setOpen((before) => {
        const after = new Set(before)
        if (!after.delete(key)) after.add(key)
        return after
      }),
    [],
  )
  const isByStage = !wide || by === 'stage'

  const chipOf = ({ key, job, fold, indented }: Chip) => {
    const looks = { mark: markOf(key), tabStop: key === tabStop || !wide, tall: !wide }
    return (
      <li key={key} data-chip={key} className={`relative ${wide ? 'mb-1.5' : 'mb-2'} ${indented ? 'ml-3.5' : ''}`}>
        {job ? (
          <JobChip
            {...looks}
            job={job}
            label={indented ? job.name.slice(fold.name.length).replace(/^:? /, '') : job.name}
            busy={busy.has(job.id)}
            onAct={onAct}
          />
        ) : (
          <FoldChip {...looks} fold={fold} open={open.has(key)} onToggle={onToggle} />
        )}
      </li>
    )
  }

  return (
    <div {...handlers} className="overflow-x-auto p-4" data-testid="graph">
      <div className="relative flex gap-14 max-md:flex-col max-md:gap-4" style={sizeOf(layout, wide)}>
        {wide && layout.lines.length > 0 && <GraphLines layout={layout} strong={strong} />}
        {layout.columns.map(({ name, chips }, index) => (
          <section
            key={name}
            id={isByStage ? stageAnchor(index) : undefined}
            aria-label={name}
            className="shrink-0 scroll-mt-24"
            style={wide ? { width: SIZES.column } : undefined}
          >
            <h3 className="flex h-8 items-center gap-1.5 pb-1 text-sm font-semibold" title={name}>
              {isByStage ? <StageStatus stage={pipeline.stages[index]} /> : null}
              <span className="truncate">{name}</span>
            </h3>
            <ul>{chips.map(chipOf)}</ul>
          </section>
        ))}
      </div>
    </div>
  )
}

const sizeOf = ({ width, height }: Layout, wide: boolean) => (wide ? { width, minHeight: height } : undefined)

function StageStatus({ stage }: { stage: Pipeline['stages'][number] | undefined }) {
  if (!stage) return null
  const words = pipelineStatusWords(stage)
  return (
    <span title={words}>
      <PipelineStatusIcon pipeline={stage} />
      <span className="sr-only">{words}: </span>
    </span>
  )
}
