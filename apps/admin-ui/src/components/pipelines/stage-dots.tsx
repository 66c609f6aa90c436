import { Link } from '@tanstack/react-router'
import type { Pipeline } from '../../lib/api.ts'
import { JOB_STATUS_WORDS } from '../../lib/words.ts'
import { StatusIcon } from '../ui/status.tsx'

/** As many stages as a row has room for. */
const MOST = 6

/** The anchor of a stage on the page of its pipeline. */
export const stageAnchor = (index: number): string => `stage-${index + 1}`

/** The stages of a pipeline as dots in the colours of their status; each links to its stage. */
export function StageDots({ pipeline: { id, stages } }: { pipeline: Pipeline }) {
  const more = stages.slice(MOST)
  return (
    <span className="relative z-10 inline-flex items-center align-middle">
      {stages.slice(0, MOST).map(({ name, status }, index) => (
        <Link
          key={name}
          to="/pipelines/$pipelineId"
          params={{ pipelineId: id }}
          hash={stageAnchor(index)}
          aria-label={`${name}: ${JOB_STATUS_WORDS[status]}`}
          title={`${name}: ${JOB_STATUS_WORDS[status]}`}
          className="grid size-6 place-items-center rounded-full hover:bg-ground"
        >
          <StatusIcon status={status} />
        </Link>
      ))}
      {more.length > 0 && (
        <span
          className="pl-1 text-xs text-soft"
          title={more.map(({ name, status }) => `${name}: ${JOB_STATUS_WORDS[status]}`).join('\n')}
        >
          +{more.length}
        </span>
      )}
    </span>
  )
}
