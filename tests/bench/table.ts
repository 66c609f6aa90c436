import type { StorageKind } from '../support/storage.ts'
import type { Finding } from './row.ts'

export type Line = Finding & { readonly storage: StorageKind }

const HEAD = [
  ...['row', 'storage', 'ours', 'baseline', 'ratio', 'aim', 'met'],
  ...['CPU per operation (ms)', 'CPU of the baseline (ms)'],
]

/** Prints a Markdown table with aligned columns. */
export function printTable(lines: readonly Line[]): void {
  const rows = [
    HEAD,
    ...lines.map(({ what, storage, ours, baseline = '', ratio = '', aim = '', met, cpu = '–', baselineCpu = '' }) => [
      what,
      storage,
      ours,
      baseline,
      ratio,
      aim,
      met === undefined ? '' : met ? 'yes' : 'no',
      cpu,
      baselineCpu,
    ]),
  ]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const spelled = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const [head = HEAD, ...body] = rows
  console.log([spelled(head), spelled(widths.map((width) => '-'.repeat(width))), ...body.map(spelled)].join('\n'))
}
