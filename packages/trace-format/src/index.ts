/** What the log of a job looks like: lines, styles, sections, links. It does no I/O and also runs in a browser. */

export { formatDuration, type Line, plainText, type Span, type Stamp, spansAreRed } from './line.ts'
export { byLine, changeLine, changeLines, joinChanges, type LineChange, MOST_LINE_TEXT } from './line-change.ts'
export { linesOf, type StoredLines } from './line-window.ts'
export { findLinks } from './links.ts'
export { type FoundChange, TraceParser } from './parser.ts'
export { MOST_PLAIN_BYTES, plainLines } from './plain-lines.ts'
export type { Overlay } from './row.ts'
export { SEVERITY_TEXT, type Severity, severityOf, severityOfText } from './severity.ts'
export { PREFIX_LENGTH, prefixAt, streamOf } from './stamps.ts'
export { isPlainStart, START, type TraceState } from './state.ts'
export type { Color, Style } from './style.ts'
export { literalPattern, MOST_MATCHES_PER_LINE, type TextMatch, type TextPattern } from './text-match.ts'
