import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import type {
  FailureQuote,
  TraceEvent,
  TraceLines,
  TraceOutline,
  TraceSearch,
  TraceText,
  TraceTotals,
} from '@yardmaster/domain/traces'
import { z } from 'zod'
import { LineChangeShape, SectionShape, TraceStateShape } from './trace-state.ts'
import { Count, CountOrNull, list, TextOrNull } from './values.ts'

/** A part of a log. Offsets count stored bytes. */
export const TraceTextShape = z
  .strictObject({
    from: Count,
    to: Count.describe('Where the next read starts.'),
    size: Count.describe('Bytes of the whole stored log.'),
    text: z.string(),
    complete: z.boolean().describe('Whether the job is over and `to` is the end of its log.'),
  })
  .meta({ id: 'TraceText' })

export const showTraceText = ({ from, to, size, text, complete }: TraceText): z.input<typeof TraceTextShape> => ({
  from,
  to,
  size,
  text,
  complete,
})

/** An event of `traces.watch`; its id is the offset of the byte after it. */
export const TraceEventShape = z
  .strictObject({
    from: Count,
    text: z.string(),
    size: Count,
    status: z.enum(JOB_STATUSES),
    complete: z.boolean().describe('Whether this is the last event.'),
  })
  .meta({ id: 'TraceEvent' })

export const showTraceEvent = ({
  from,
  text,
  size,
  status,
  complete,
}: TraceEvent): z.input<typeof TraceEventShape> => ({ from, text, size, status, complete })

const totals = {
  status: z.enum(JOB_STATUSES),
  complete: z.boolean().describe('Whether the job is over, so that nothing will be added.'),
  size: Count.describe('Stored bytes.'),
  indexedBytes: Count,
  indexedLines: Count,
  totalLines: CountOrNull.describe('Null while the index is not complete.'),
  redrawn: z.boolean().describe('Whether the cursor went back to lines, so that lines without time stamps changed.'),
  firstStamp: TextOrNull.describe(
    "The log's first time stamp, by the runner's clock: `2024-05-14T11:43:19.997683Z`. Null without time stamps.",
  ),
}

const showTotals = ({
  status,
  complete,
  size,
  indexedBytes,
  indexedLines,
  totalLines,
  redrawn,
  firstStamp,
}: TraceTotals) => ({
  status,
  complete,
  size,
  indexedBytes,
  indexedLines,
  totalLines,
  redrawn,
  firstStamp,
})

export const TraceLinesShape = z
  .strictObject({
    ...totals,
    window: z
      .strictObject({
        firstLine: Count,
        lines: Count,
        from: Count.describe('Byte offset in the log.'),
        to: Count,
        text: z.string(),
        state: TraceStateShape.describe('The state from which to parse the text.'),
        changes: list(LineChangeShape).describe('How lines of the window continue after it.'),
        changedTo: Count.describe('`text` and `changes` hold everything before this byte that belongs to these lines.'),
        cut: z.boolean().describe('Whether the window is one long line whose rest is left out.'),
      })
      .nullable()
      .describe('Null when there is no such line, or when the index has not reached it yet.'),
  })
  .meta({ id: 'TraceLines' })

export const showTraceLines = ({ window, ...rest }: TraceLines): z.input<typeof TraceLinesShape> => ({
  ...showTotals(rest),
  window: window && {
    firstLine: window.firstLine,
    lines: window.lines,
    from: window.from,
    to: window.to,
    text: window.text,
    state: window.state,
    changes: window.changes.map((change) => ({
      number: change.number,
      stored: change.stored,
      drops: change.drops,
      clears: change.clears,
      spans: change.spans,
      overlay: change.overlay,
      stamp: change.stamp,
      cut: change.cut,
    })),
    changedTo: window.changedTo,
    cut: window.cut,
  },
})

export const TraceOutlineShape = z
  .strictObject({
    ...totals,
    sections: list(SectionShape).describe('The first 5,000.'),
    sectionCount: Count,
    errorLines: list(Count).describe('The first 10,000 lines whose words report an error.'),
    errorLineCount: Count,
    warningLines: list(Count).describe('The first 10,000 lines whose words report a warning.'),
    warningLineCount: Count,
    redLines: list(Count).describe('The first 10,000 lines that are red, and whose words report neither.'),
    redLineCount: Count,
  })
  .meta({ id: 'TraceOutline' })

export const showTraceOutline = (outline: TraceOutline): z.input<typeof TraceOutlineShape> => ({
  ...showTotals(outline),
  sections: outline.sections.map((section) => ({
    name: section.name,
    header: section.header,
    options: section.options,
    depth: section.depth,
    startLine: section.startLine,
    endLine: section.endLine,
    footer: section.footer,
    startedAt: section.startedAt,
    endedAt: section.endedAt,
  })),
  sectionCount: outline.sectionCount,
  errorLines: outline.errorLines,
  errorLineCount: outline.errorLineCount,
  warningLines: outline.warningLines,
  warningLineCount: outline.warningLineCount,
  redLines: outline.redLines,
  redLineCount: outline.redLineCount,
})

export const FailureQuoteShape = z
  .strictObject({
    lines: list(z.strictObject({ number: Count, text: z.string() })),
    indexed: z.boolean().describe('False while the log is being indexed: ask again.'),
  })
  .meta({ id: 'FailureQuote' })

export const showFailureQuote = ({ lines, indexed }: FailureQuote): z.input<typeof FailureQuoteShape> => ({
  lines: lines.map(({ number, text }) => ({ number, text })),
  indexed,
})

export const TraceSearchShape = z
  .strictObject({
    ...totals,
    matches: list(
      z.strictObject({
        line: Count,
        start: Count.describe('In UTF-16 code units of the whole line.'),
        end: Count,
        snippet: z.string(),
        snippetStart: Count,
      }),
    ),
    count: Count.describe('Lines with a match, listed or not.'),
    buckets: list(z.strictObject({ line: Count, count: Count })).describe(
      'How many of the `bucketLines` lines from `line` on have a match.',
    ),
    bucketLines: Count,
    searchedTo: Count.describe('The last line that was searched.'),
    timedOut: z.boolean().describe('Whether the search ran out of time before the end.'),
    truncated: z.boolean().describe('Whether some matches up to `searchedTo` are not listed.'),
    nextLine: CountOrNull.describe(
      'The `fromLine` to continue with; null when all matches stored now, or up to `toLine`, are listed.',
    ),
  })
  .meta({ id: 'TraceSearch' })

export const showTraceSearch = (search: TraceSearch): z.input<typeof TraceSearchShape> => ({
  ...showTotals(search),
  matches: search.matches.map(({ line, start, end, snippet, snippetStart }) => ({
    line,
    start,
    end,
    snippet,
    snippetStart,
  })),
  count: search.count,
  buckets: search.buckets.map(({ line, count }) => ({ line, count })),
  bucketLines: search.bucketLines,
  searchedTo: search.searchedTo,
  timedOut: search.timedOut,
  truncated: search.truncated,
  nextLine: search.nextLine,
})
