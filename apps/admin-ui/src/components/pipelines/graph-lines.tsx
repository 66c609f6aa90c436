import { memo, useMemo } from 'react'
import { type Layout, type Line, pathOf } from './lay-out.ts'

/** Beyond this many lines, a picture of all of them shows nothing. */
const MOST = 3_000

/** The needs of jobs as lines behind the chips. All lines of one colour are one path, however many there are. */
export const GraphLines = memo(function GraphLines({
  layout: { lines, width, height },
  strong,
}: {
  layout: Layout
  /** The lines to highlight. */
  strong: readonly Line[]
}) {
  const all = useMemo(() => (lines.length > MOST ? '' : lines.map(pathOf).join('')), [lines])
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fill="none"
      aria-hidden="true"
      className="pointer-events-none absolute inset-0 overflow-visible"
    >
      <path d={all} className="stroke-line-strong" strokeWidth="1.25" opacity={strong.length > 0 ? 0.35 : 0.7} />
      <path d={strong.map(pathOf).join('')} className="stroke-accent" strokeWidth="2" data-testid="highlighted" />
    </svg>
  )
})
