import type { JobTimes } from '../../lib/api.ts'

export type Percentiles = JobTimes['tags'][number]['queueWait']

/** Shorter times are drawn at the left edge, seconds. */
const SHORTEST = 0.1

/** Three percentiles on a logarithmic scale up to `longest` seconds. Decoration: the numbers stand beside it. */
export function PercentilePlot({ times: { p50, p90, p99 }, longest }: { times: Percentiles; longest: number }) {
  const place = (seconds: number | null) => {
    const share = Math.log(Math.max(seconds ?? 0, SHORTEST) / SHORTEST) / Math.log(longest / SHORTEST)
    return `${(3 + 94 * Math.min(1, share)).toFixed(2)}%`
  }
  const [half, most, all] = [place(p50), place(p90), place(p99)]
  return (
    <svg aria-hidden="true" className="h-5 min-w-0 flex-1 text-accent" width="100%" height="20">
      <line x1="3%" x2="97%" y1="10" y2="10" className="stroke-line" strokeWidth="1" />
      <line x1={most} x2={all} y1="10" y2="10" stroke="currentColor" strokeWidth="1.5" />
      <line x1={half} x2={most} y1="10" y2="10" stroke="currentColor" strokeWidth="6" opacity="0.45" />
      <line x1={all} x2={all} y1="5" y2="15" stroke="currentColor" strokeWidth="2" />
      <circle cx={half} cy="10" r="4.5" fill="currentColor" />
    </svg>
  )
}
