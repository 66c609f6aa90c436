import type { Pipeline } from '../../lib/api.ts'
import { duration } from '../../lib/time.ts'
import { Span } from '../ui/time.tsx'

const UNDER_WAY: readonly Pipeline['status'][] = [
  'running',
  'pending',
  'canceling',
  'preparing',
  'waiting_for_resource',
]

/** How long the jobs of a pipeline ran. Counts while they run, but not while it waits for a person. */
export function PipelineDuration({ pipeline }: { pipeline: Pipeline }) {
  if (pipeline.duration !== null) return <span className="whitespace-nowrap">{duration(pipeline.duration * 1000)}</span>
  if (!UNDER_WAY.includes(pipeline.status)) return <span className="text-soft">–</span>
  return <Span from={pipeline.startedAt} to={null} />
}
