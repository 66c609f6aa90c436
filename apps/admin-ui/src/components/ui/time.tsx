import { between, clock, duration, exact, relative, useNow } from '../../lib/time.ts'

/** How long ago; exact when hovered. */
export function Ago({ at, never = '–' }: { at: string | null; never?: string }) {
  const now = useNow(at !== null)
  if (at === null) return <span className="text-soft">{never}</span>
  return (
    <time dateTime={at} title={exact(at)} className="whitespace-nowrap">
      {relative(at, now)}
    </time>
  )
}

/** The time of day, with the day unless it is today. */
export const Clock = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)} className="whitespace-nowrap">
    {clock(at)}
  </time>
)

/** From one time to another, counting while there is no other. */
export function Span({ from, to }: { from: string | null; to: string | null }) {
  const now = useNow(from !== null && to === null)
  const ms = between(from, to, now)
  if (ms === null) return <span className="text-soft">–</span>
  return <span className="whitespace-nowrap">{duration(ms)}</span>
}
