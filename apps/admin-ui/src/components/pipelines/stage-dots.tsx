import { Link } from '@tanstack/react-router'
import type { Pipeline } from '../../lib/api.ts'
import { pipelineStatusWords } from '../../lib/words.ts'
import { PipelineStatusIcon } from '../ui/status.tsx'

/** As many stages as a row has room for. */
const MOST = 6

/** The anchor of a stage on the page of its pipeline. */
export const stageAnchor = (index: number): string => `stage-${index + 1}`

type Stage = Pipeline['stages'][number]

const stageWords = (stage: Stage): string => `${stage.name}: ${pipelineStatusWords(stage)}`

/** The stages of a pipeline as dots in the colours of their status; each links to its stage. */
export function StageDots({ pipeline: { id, stages } }: { pipeline: Pipeline }) {
  const more = stages.slice(MOST)
  return (
    <span className="relative z-10 inline-flex items-center align-middle">
      {stages.slice(0, MOST).map((stage, index) => (
        <Link
          key={stage.name}
          to="/pipelines/$pipelineId"
          params={{ pipelineId: id }}
          hash={stageAnchor(index)}
          aria-label={stageWords(stage)}
          title={stageWords(stage)}
          className="grid size-6 place-items-center rounded-full hover:bg-ground"
        >
          <PipelineStatusIcon pipeline={stage} />
        </Link>
      ))}
      {more.length > 0 && (
        <span className="pl-1 text-xs text-soft" title={more.map(stageWords).join('\n')}>
          +{more.length}
        </span>
      )}
    </span>
  )
}
