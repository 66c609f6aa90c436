import { type Key, lineAndColumn, type Place } from './yaml/tree.ts'

/** What is wrong in a configuration, or worth knowing. */
export interface Fault {
  readonly message: string
  /** Keys from the root to the value, as written; empty where the configuration as a whole is meant. */
  readonly path: readonly string[]
  /** The file; null for the configuration itself. */
  readonly file: string | null
  /** From 1; null where no place is known. */
  readonly line: number | null
  readonly column: number | null
  /** What to do about it, in a sentence; null when the message says it all. */
  readonly hint: string | null
}

/** Ends a phase of the compilation with what is wrong. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]

  constructor(...faults: readonly Fault[]) {
    super(faults.map(({ message }) => message).join('\n'))
    this.faults = faults
  }
}

/** Returns a fault at a place; without one the line stays unknown. */
export function faultAt(
  message: string,
  { path = [], place, hint = null }: { path?: readonly Key[]; place?: Place | undefined; hint?: string | null } = {},
): Fault {
  const where = place ? lineAndColumn(place) : { line: null, column: null }
  return { message, path: path.map(String), file: place?.source.file ?? null, ...where, hint }
}
