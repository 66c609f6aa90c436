import type { JobInPipeline } from '../../lib/api.ts'
import type { Column } from './arrange.ts'
import type { Fold } from './fold-parallel.ts'

/** Pixels. Chips have a fixed size, so that lines between them need no measuring. */
export const SIZES = { column: 216, between: 56, header: 32, chip: 34, row: 40, indent: 14 } as const

/** How far lines within a column bend to the left. They reach three quarters of it; more is cut off at the first. */
const BEND = 18

/** What is drawn in one place: a job, or the head of a group of parallel jobs. */
export interface Chip {
  readonly key: string
  /** Null for the head of a group. */
  readonly job: JobInPipeline | null
  readonly fold: Fold
  readonly column: number
  readonly row: number
  /** Whether it is a job in an open group. */
  readonly indented: boolean
}

export interface Line {
  readonly from: Chip
  readonly to: Chip
}

export interface Layout {
  readonly columns: readonly { readonly name: string; readonly chips: readonly Chip[] }[]
  readonly chips: ReadonlyMap<string, Chip>
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
}

/** Gives every chip its place, and finds the lines from needed jobs to those that need them. */
export function layOut(columns: readonly Column[], open: ReadonlySet<string>): Layout {
  const placed = columns.map(({ name, folds }, column) => ({ name, chips: chipsOf(folds, column, open) }))
  const all = placed.flatMap(({ chips }) => chips)
  const { column, between, header, row } = SIZES
  return {
    columns: placed,
    chips: new Map(all.map((chip) => [chip.key, chip])),
    lines: linesBetween(all, open),
    width: placed.length * (column + between) - between,
    height: header + Math.max(0, ...placed.map(({ chips }) => chips.length)) * row,
  }
}

function chipsOf(folds: readonly Fold[], column: number, open: ReadonlySet<string>): Chip[] {
  const chips: Omit<Chip, 'row'>[] = folds.flatMap((fold) => {
    const isGroup = fold.jobs.length > 1
    const members = fold.jobs.map((job) => ({ key: job.name, job, fold, column, indented: isGroup }))
    if (!isGroup) return members
    const head = { key: fold.key, job: null, fold, column, indented: false }
    return open.has(fold.key) ? [head, ...members] : [head]
  })
  return chips.map((chip, row) => ({ ...chip, row }))
}

function linesBetween(chips: readonly Chip[], open: ReadonlySet<string>): Line[] {
  const shownFor = new Map<string, Chip>()
  for (const chip of chips) {
    if (chip.job) shownFor.set(chip.job.name, chip)
    else if (!open.has(chip.fold.key)) for (const { name } of chip.fold.jobs) shownFor.set(name, chip)
  }
  return chips.flatMap((to) => {
    const jobs = to.job ? [to.job] : open.has(to.fold.key) ? [] : to.fold.jobs
    const needed = new Set(jobs.flatMap(({ needs }) => needs ?? []).flatMap((name) => shownFor.get(name) ?? []))
    return [...needed].filter((from) => from !== to).map((from) => ({ from, to }))
  })
}

/** Returns the keys of the chips that a chip needs, and of those that need it, directly or through others. */
export function relatives(lines: readonly Line[], key: string): { before: Set<string>; after: Set<string> } {
  const reach = (from: 'from' | 'to', to: 'from' | 'to') => {
    const next = Map.groupBy(lines, (line) => line[from].key)
    const found = new Set<string>()
    const left = [key]
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      for (const line of next.get(at) ?? []) {
        const other = line[to].key
        if (found.has(other)) continue
        found.add(other)
        left.push(other)
      }
    }
    return found
  }
  return { before: reach('to', 'from'), after: reach('from', 'to') }
}

/** Returns the path of a line: to the next column as a curve, within a column around the chips. */
export function pathOf({ from, to }: Line): string {
  const left = ({ column, indented }: Chip) => column * (SIZES.column + SIZES.between) + (indented ? SIZES.indent : 0)
  const middle = ({ row }: Chip) => SIZES.header + row * SIZES.row + SIZES.chip / 2
  const y = [middle(from), middle(to)]
  if (from.column === to.column) {
    const x = Math.min(left(from), left(to))
    return `M${left(from)} ${y[0]}C${x - BEND} ${y[0]} ${x - BEND} ${y[1]} ${left(to)} ${y[1]}`
  }
  const start = from.column * (SIZES.column + SIZES.between) + SIZES.column
  const end = left(to)
  const bend = Math.min(SIZES.between, Math.max(24, (end - start) / 2))
  return `M${start} ${y[0]}C${start + bend} ${y[0]} ${end - bend} ${y[1]} ${end} ${y[1]}`
}

const STEPS: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
}

/** Returns the chip to which a key leads from another; null when the key has no meaning here. */
export function chipAfter({ columns }: Pick<Layout, 'columns'>, from: Chip, key: string): Chip | null {
  const chips = columns[from.column]?.chips ?? []
  if (key === 'Home') return chips[0] ?? null
  if (key === 'End') return chips.at(-1) ?? null
  const step = STEPS[key]
  if (!step) return null
  const [across, down] = step
  const target = across === 0 ? chips : (columns[from.column + across]?.chips ?? chips)
  return target[Math.min(Math.max(from.row + down, 0), target.length - 1)] ?? null
}
