import type { StorageKind } from '../support/storage.ts'
import { median, type Rounds, ratio } from './rounds.ts'

/** A family of lines, measured together on a storage form. Its name selects it on the command line. */
export interface Row {
  readonly name: string
  /** The forms that it can be measured on, if not all. */
  readonly kinds?: readonly StorageKind[]
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
  /** CPU time per operation, in milliseconds, of the gateway and the servers behind it. */
  readonly cpu?: string
  readonly baselineCpu?: string
}

export const perSecond = (figure: number): string => `${Math.round(figure).toLocaleString('en')}/s`
export const milliseconds = (figure: number): string => `${figure.toFixed(2)} ms`

export interface Compared {
  readonly ours: Rounds
  readonly baseline: Rounds
}

/**
 * Compares rates.
 *
 * @param aim - the lowest acceptable ratio.
 */
export function comparison(what: string, { ours, baseline }: Compared, aim?: number): Finding {
  const found = ratio(ours, baseline)
  return {
    what,
    ours: perSecond(median(ours.figures)),
    baseline: perSecond(median(baseline.figures)),
    ratio: found.toFixed(2),
    ...(aim !== undefined && { aim: `≥ ${aim}`, met: found >= aim }),
    cpu: ours.cpu,
    baselineCpu: baseline.cpu,
  }
}
