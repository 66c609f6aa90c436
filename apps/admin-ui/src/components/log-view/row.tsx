import { formatDuration, type Line, type Severity, type Style } from '@yardmaster/trace-format'
import { type CSSProperties, type MouseEvent, memo, type ReactNode, useState } from 'react'
import { controlParts } from './control-parts.ts'
import { cssColors } from './palette.ts'
import { type Found, type Piece, piecesOf } from './pieces.ts'
import { type Section, secondsOf } from './sections.ts'
import { clockOf, elapsed, pauseText, type TimeColumn } from './timestamps.ts'

/** Characters of a line drawn at first: browsers take seconds for a mebibyte in one line. */
const CLIP = 2_000
const MORE = 200_000

export interface RowLook {
  readonly wrap: boolean
  readonly times: TimeColumn
  /** Of the job, in milliseconds. */
  readonly startedAt: number
  /** The log's first time stamp, in milliseconds of the runner's clock; null until known. */
  readonly first: number | null
  /** Whether lines that report errors or warnings are marked. */
  readonly severities: boolean
  /** Whether lines of standard error are marked. */
  readonly stderr: boolean
}

export interface RowProps extends RowLook {
  readonly number: number
  /** Undefined while the line is being fetched. */
  readonly line: Line | undefined
  readonly section: Section | undefined
  readonly folded: boolean
  readonly marked: boolean
  readonly cursor: boolean
  /** What the line reports; null when that is not to be seen. */
  readonly severity: Severity | null
  /** Milliseconds without output before the line, if they are many. */
  readonly pause: number | null
  readonly found: readonly Found[]
  readonly onFold: (section: Section) => void
  /** Called when the line number is clicked; `extend` picks everything from the line picked first. */
  readonly onPick: (line: number, extend: boolean) => void
}

const EDGE: Readonly<Record<Severity, string>> = {
  error: 'border-bad',
  warning: 'border-warn',
  red: 'border-line-strong',
}

/** One line of a log. */
export const Row = memo(function Row({
  number,
  line,
  section,
  folded,
  marked,
  cursor,
  severity,
  pause,
  found,
  onFold,
  onPick,
  ...look
}: RowProps) {
  const { wrap, times, startedAt, first, stderr } = look
  const pick = (event: MouseEvent) => {
    // The browser opens the link in another tab.
    if (event.ctrlKey || event.metaKey) return
    event.preventDefault()
    onPick(number, event.shiftKey)
  }
  return (
    <div
      data-line={number}
      data-severity={severity ?? undefined}
      className={`flex min-h-5 ${marked ? 'log-marked' : ''} ${cursor ? 'log-cursor' : ''} ${wrap ? '' : 'w-max min-w-full'}`}
    >
      <span
        className={`log-gutter sticky left-0 z-10 flex shrink-0 border-l-3 select-none ${severity ? EDGE[severity] : 'border-transparent'} ${marked ? 'bg-log-marked' : 'bg-log-ground'}`}
      >
        <a
          href={`#L${number}`}
          onClick={pick}
          tabIndex={-1}
          aria-label={`Line ${number}`}
          className="log-number pr-2 text-right text-soft hover:text-ink hover:underline"
        >
          {number}
        </a>
        {times !== 'none' && (
          <span
            className="log-time pr-2 text-right text-soft"
            title={line?.stamp ? `${line.stamp.time} by the runner’s clock` : undefined}
          >
            {line?.stamp && first !== null && (times === 'clock' ? clockOf : elapsed)(line.stamp, { first, startedAt })}
          </span>
        )}
        <span className="w-5">
          {section && (
            <button
              type="button"
              onClick={() => onFold(section)}
              aria-expanded={!folded}
              aria-label={`Section ${section.header.trim() || section.name}`}
              className="grid h-5 w-5 place-items-center rounded-sm text-soft -outline-offset-2 hover:bg-raised hover:text-ink"
            >
              <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" className={folded ? '' : 'rotate-90'}>
                <path d="M6 3.5 10.5 8 6 12.5" fill="none" stroke="currentColor" strokeWidth="2" />
              </svg>
            </button>
          )}
        </span>
        {stderr && line?.stamp?.channel === 'err' && (
          <span
            role="img"
            aria-label="Standard error"
            title="Standard error"
            className="absolute inset-y-0 right-1 border-r-2 border-dotted border-line-strong"
          />
        )}
      </span>
      <LineText line={line} name={section?.name} found={found} wrap={wrap} />
      <Times section={section} pause={pause} ground={marked ? 'bg-log-marked' : 'bg-log-ground'} />
    </div>
  )
})

function LineText({
  line,
  name,
  found,
  wrap,
}: {
  line: Line | undefined
  /** Of the section whose header the line is; shown when that has no text. */
  name: string | undefined
  found: readonly Found[]
  wrap: boolean
}) {
  const [wanted, setWanted] = useState(CLIP)
  if (!line) {
    return (
      <span aria-hidden="true" className="my-1.5 h-2 w-48 rounded-sm bg-raised">
        {' '}
      </span>
    )
  }
  const length = line.spans.reduce((sum, { text }) => sum + text.length, 0)
  const current = found.find((match) => match.current)
  // Draw as far as the current match.
  const most = current && current.end > wanted && current.end < MORE ? current.end + CLIP : wanted
  const hasMore = found.some(({ start }) => start >= most)
  const all = wrap || most > CLIP
  // A line that is drawn whole is always wrapped: a mebibyte is too much to scroll sideways.
  const flow = all
    ? `flex-1 whitespace-pre-wrap wrap-anywhere ${wrap ? 'min-w-0' : 'max-w-[calc(100cqw-9rem)]'}`
    : 'whitespace-pre'
  const indent = line.depth > 1 ? { paddingLeft: `${Math.min(line.depth - 1, 6) * 1.25}rem` } : undefined
  return (
    <span data-text="" className={`pr-3 ${flow}`} style={indent}>
      {piecesOf(line, found, most).map((piece) => (
        <Run key={piece.start} piece={piece} header={line.section !== null} />
      ))}
      {length > most && (
        <button
          type="button"
          onClick={() => setWanted((before) => (before === CLIP ? MORE : before * 10))}
          className="mx-2 rounded border border-line-strong bg-panel px-1.5 font-sans text-xs leading-4 text-ink select-none hover:bg-raised"
        >
          {length > MORE && most < MORE ? 'Show more' : 'Show all'} of {length.toLocaleString('en')} characters
          {hasMore && ', with more matches'}
        </button>
      )}
      {line.cut && length <= most && (
        <span className="mx-2 rounded bg-warn-wash px-1.5 font-sans text-xs text-warn select-none">
          The rest is in the raw log
        </span>
      )}
      {length === 0 && (name === undefined ? '\n' : <span className="text-soft select-none">{name}</span>)}
    </span>
  )
}

function Run({ piece: { text, style, url, found }, header }: { piece: Piece; header: boolean }) {
  const classes = [
    style.bold || header ? 'font-semibold' : '',
    style.italic ? 'italic' : '',
    style.conceal ? 'invisible' : '',
    found === 'match' ? 'log-match' : '',
    found === 'current' ? 'log-match log-match-current' : '',
  ]
    .filter(Boolean)
    .join(' ')
  const css = { ...(found ? undefined : cssColors(style)), ...decoration(style, url !== null) }
  const look = Object.keys(css).length > 0 ? css : undefined
  const shown = <Shown text={text} />
  if (url) {
    return (
      <a href={url} target="_blank" rel="noopener noreferrer" className={classes} style={look}>
        {shown}
      </a>
    )
  }
  if (found) {
    return (
      <mark className={classes} style={look}>
        {shown}
      </mark>
    )
  }
  if (!classes && !look) return shown
  return (
    <span className={classes || undefined} style={look}>
      {shown}
    </span>
  )
}

/** Returns the lines under, through and over text, which may be several at once. */
function decoration({ underline, doubled, crossed, overlined }: Style, isLink: boolean): CSSProperties | undefined {
  const lines = [
    ...(underline || doubled || isLink ? ['underline'] : []),
    ...(crossed ? ['line-through'] : []),
    ...(overlined ? ['overline'] : []),
  ]
  if (lines.length === 0) return undefined
  return { textDecorationLine: lines.join(' '), ...(doubled && { textDecorationStyle: 'double' }) }
}

/** Text in which control characters are to be seen, and are copied as they are. */
function Shown({ text }: { text: string }): ReactNode {
  const parts = controlParts(text)
  if (parts.length === 1 && !parts[0]?.sign) return text
  return parts.map(({ start, text: part, sign }) =>
    sign === null ? (
      part
    ) : (
      <span key={start} className="log-control" data-control={sign}>
        {part}
      </span>
    ),
  )
}

/** How long a section took, and how long the log was silent before a line. */
function Times({ section, pause, ground }: { section: Section | undefined; pause: number | null; ground: string }) {
  const took = section && section.options.hide_duration !== 'true' ? secondsOf(section) : null
  if (took === null && pause === null) return null
  return (
    <span className={`sticky right-0 ml-auto flex shrink-0 gap-3 pr-3 pl-2 text-soft select-none ${ground}`}>
      {pause !== null && (
        <span data-pause="" title="No output for this long before the line" className="max-md:before:content-['+']">
          {pauseText(pause)}
          <span className="max-md:sr-only"> until here</span>
        </span>
      )}
      {took !== null && (
        <span>
          <span className="sr-only">took </span>
          {formatDuration(took)}
        </span>
      )}
    </span>
  )
}
