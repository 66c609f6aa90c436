import { between, clock, duration, exact, relative, useNow } from '../../lib/time.ts'

/** Shows how long ago a time was, with the exact time in the tooltip. */
export function Ago({ at, never = '–' }: { at: string | null; never?: string }) {
  const now = useNow(at !== null)
  if (at === null) return <span className="text-soft">{never}</span>
  return (
    <time dateTime={at} title={exact(at)} className="whitespace-nowrap">
      {relative(at, now)}
    </time>
  )
}

/** Shows the time of day, with the date unless it is today. */
export const Clock = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)} className="whitespace-nowrap">
    {clock(at)}
  </time>
)

/** Shows the time between two times; counts up while there is no end. */
export function Span({ from, to }: { from: string | null; to: string | null }) {
  const now = useNow(from !== null && to === null)
  const ms = between(from, to, now)
  if (ms === null) return <span className="text-soft">–</span>
  return <span className="whitespace-nowrap">{duration(ms)}</span>
}
