import { useQuery } from '@tanstack/react-query'
import { client, type Pipeline } from '../../lib/api.ts'
import { percentage } from '../../lib/words.ts'

/** Pipelines of the ref that are looked at. */
const MOST = 30
const WIDTH = 96
const HEIGHT = 18
/** Room for the dot. */
const EDGE = 3

/** The coverage of a pipeline, how it changed, and that of the last pipelines of its ref as a line. */
export function CoverageTrend({ pipeline }: { pipeline: Pipeline & { readonly coverage: number } }) {
  const { id, projectId, ref, tag, coverage } = pipeline
  const { data: points = [] } = useQuery({
    queryKey: ['coverage of a ref', projectId, ref, tag, id, coverage],
    queryFn: async () => {
      const { items } = await client.pipelines.list.query({ projectId, ref, limit: MOST })
      return items.flatMap((one) => (one.coverage === null || one.tag !== tag ? [] : [[one.id, one.coverage] as const]))
    },
    staleTime: 60_000,
  })
  const line = points.toReversed()
  const at = line.findIndex(([of]) => of === id)
  const before = line[at - 1]?.[1]
  const change = before === undefined ? 0 : Math.round((coverage - before) * 100) / 100
  return (
    <span className="inline-flex items-center gap-2">
      {percentage(coverage)}
      {change !== 0 && (
        <span className={change > 0 ? 'text-good' : 'text-bad'} title="since the previous pipeline of the ref">
          {change > 0 ? '+' : '−'}
          {Math.abs(change)}
        </span>
      )}
      {at !== -1 && line.length > 1 && <Sparkline values={line.map(([, value]) => value)} at={at} name={ref} />}
    </span>
  )
}

function Sparkline({ values, at, name }: { values: readonly number[]; at: number; name: string }) {
  const lowest = Math.min(...values)
  const span = Math.max(...values) - lowest || 1
  const x = (index: number) => EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE)
  const y = (value: number) => HEIGHT - EDGE - ((value - lowest) / span) * (HEIGHT - 2 * EDGE)
  const list = values.map((value) => percentage(value)).join(', ')
  return (
    <svg role="img" aria-label={`Coverage of the last pipelines of ${name}: ${list}`} width={WIDTH} height={HEIGHT}>
      <title>{`Coverage of the last pipelines of ${name}: ${list}`}</title>
      <polyline
        points={values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
        fill="none"
        className="stroke-accent"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <circle cx={x(at)} cy={y(values[at] ?? lowest)} r="2.5" className="fill-accent" />
    </svg>
  )
}
