import type { Paint, Terminal } from './terminal.ts'
import { columnsOf, oneLine, safeJson, shorten } from './visible.ts'

/** How data is written: for people, as one JSON value, as one JSON value a line, or as names or ids alone. */
export const OUTPUTS = ['table', 'json', 'jsonl', 'name'] as const
export type Output = (typeof OUTPUTS)[number]

export interface Column<T> {
  readonly title: string
  /** Null shows nothing. The text may come from a server. */
  readonly cell: (row: T) => string | number | boolean | null | undefined
  readonly paint?: (row: T) => Paint | null
}

/** Columns of a cell on a terminal; elsewhere cells are whole. */
const WIDEST_CELL = 60

/** Writes rows under the titles of their columns. */
export function tableOf<T>(terminal: Terminal, columns: readonly Column<T>[], rows: readonly T[]): string {
  const texts = rows.map((row) =>
    columns.map(({ cell }) => {
      const text = oneLine(String(cell(row) ?? ''))
      return terminal.isTerminal ? shorten(text, WIDEST_CELL) : text
    }),
  )
  const widths = columns.map(({ title }, at) =>
    texts.reduce((most, cells) => Math.max(most, columnsOf(cells[at] ?? '')), title.length),
  )
  const last = columns.length - 1
  const padded = (text: string, at: number): string =>
    at === last ? text : text + ' '.repeat((widths[at] ?? 0) - columnsOf(text))
  const line = (cells: readonly string[]): string => `${cells.join('  ').trimEnd()}\n`
  const head = line(columns.map(({ title }, at) => terminal.paint(padded(title, at), 'dim')))
  const body = texts.map((cells, row) =>
    line(
      cells.map((text, at) => {
        const paint = columns[at]?.paint?.(rows[row] as T) ?? null
        return paint ? terminal.paint(padded(text, at), paint) : padded(text, at)
      }),
    ),
  )
  return head + body.join('')
}

/** Writes one thing as its facts, one a line. */
export function factsOf(terminal: Terminal, facts: readonly (readonly [string, string | number | null])[]): string {
  const present = facts.filter(([, value]) => value !== null && value !== '')
  const width = present.reduce((most, [title]) => Math.max(most, title.length), 0)
  return present
    .map(([title, value]) => `${terminal.paint(`${title}:`.padEnd(width + 2), 'dim')}${oneLine(String(value))}\n`)
    .join('')
}

/** Writes a list in the form that the user asked for. */
export async function writeList<T>(
  terminal: Terminal,
  output: Output,
  { rows, columns, name }: { rows: readonly T[]; columns: readonly Column<T>[]; name: (row: T) => string | number },
): Promise<void> {
  if (output === 'json') await terminal.out(`${safeJson(rows, 2)}\n`)
  else if (output === 'jsonl') for (const row of rows) await terminal.out(`${safeJson(row)}\n`)
  else if (output === 'name') for (const row of rows) await terminal.out(`${oneLine(String(name(row)))}\n`)
  else await terminal.out(tableOf(terminal, columns, rows))
}

/** Writes one thing in the form that the user asked for. */
export async function writeOne<T>(
  terminal: Terminal,
  output: Output,
  { value, name, text }: { value: T; name: string | number; text: () => string },
): Promise<void> {
  if (output === 'json') await terminal.out(`${safeJson(value, 2)}\n`)
  else if (output === 'jsonl') await terminal.out(`${safeJson(value)}\n`)
  else if (output === 'name') await terminal.out(`${oneLine(String(name))}\n`)
  else await terminal.out(text())
}
