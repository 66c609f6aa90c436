import type { StorageKind } from '../support/storage.ts'
import { median, ratio } from './rounds.ts'

/** A measurement, made on each storage form. Its name selects it on the command line. */
export interface Row {
  readonly name: string
  measure(kind: StorageKind): Promise<readonly Finding[]>
}

/** A line of the table. */
export interface Finding {
  readonly what: string
  readonly ours: string
  readonly baseline?: string
  readonly ratio?: string
  readonly aim?: string
  /** Present only with an aim. */
  readonly met?: boolean
}

export const perSecond = (figure: number): string => `${Math.round(figure).toLocaleString('en')}/s`

/** @param aim - the lowest acceptable ratio. */
export function comparison(
  what: string,
  { ours, baseline }: { readonly ours: readonly number[]; readonly baseline: readonly number[] },
  aim: number,
): Finding {
  const found = ratio(ours, baseline)
  return {
    what,
    ours: perSecond(median(ours)),
    baseline: perSecond(median(baseline)),
    ratio: found.toFixed(2),
    aim: `≥ ${aim}`,
    met: found >= aim,
  }
}
