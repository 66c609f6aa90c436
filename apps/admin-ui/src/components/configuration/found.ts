import type { Fault } from '@yardmaster/ci-config'
import type { Mark } from './yaml-editor.ts'

/** A fault with its kind. */
export interface Found extends Fault {
  readonly severity: 'error' | 'warning'
}

export const foundIn = ({
  errors,
  warnings,
}: {
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
}): readonly Found[] => [
  ...errors.map((fault) => ({ ...fault, severity: 'error' as const })),
  ...warnings.map((fault) => ({ ...fault, severity: 'warning' as const })),
]

/** Faults by the file that they are in; null is the configuration itself. */
export type FaultsByFile = ReadonlyMap<string | null, readonly Found[]>

export const byFile = (faults: readonly Found[]): FaultsByFile => Map.groupBy(faults, ({ file }) => file)

/** Returns what is marked in the text of a file. */
export const marksOf = (faults: readonly Found[]): readonly Mark[] =>
  faults.flatMap(({ line, column, message, hint, severity }) =>
    line === null
      ? []
      : [{ severity, line, column: column ?? 1, message: hint === null ? message : `${message}\n${hint}` }],
  )
