import type { ElementListener } from './xml-elements.ts'

/** How much of the lines of a report's file is covered. */
export interface LineCoverage {
  /** From 0 to 1. */
  readonly rate: number
  /** Null when the file does not say how many there are. */
  readonly lines: number | null
}

type Attributes = Readonly<Record<string, string>>

/** The formats of `coverage_report`, and how each tells the coverage of a whole file. */
export const COVERAGE_FORMATS: Readonly<
  Record<string, (name: string, attributes: Attributes, depth: number) => LineCoverage | null>
> = {
  cobertura: (name, attributes, depth) => {
    if (name !== 'coverage' || depth !== 1) return null
    const [rate, lines] = [amount(attributes['line-rate']), amount(attributes['lines-valid'])]
    return rate === null || rate > 1 ? null : { rate, lines }
  },
  // A counter of each class and package stands deeper.
  jacoco: (name, attributes, depth) => {
    if (name !== 'counter' || depth !== 2 || attributes.type !== 'LINE') return null
    const [missed, covered] = [amount(attributes.missed), amount(attributes.covered)]
    if (missed === null || covered === null || missed + covered === 0) return null
    return { rate: covered / (missed + covered), lines: missed + covered }
  },
}

/** Receives the elements of a coverage report. */
export class CoverageReader implements ElementListener {
  readonly #find: (typeof COVERAGE_FORMATS)[string]
  readonly #found: (coverage: LineCoverage) => void

  constructor(find: (typeof COVERAGE_FORMATS)[string], found: (coverage: LineCoverage) => void) {
    this.#find = find
    this.#found = found
  }

  open(name: string, attributes: Attributes, depth: number): void {
    const coverage = this.#find(name, attributes, depth)
    if (coverage) this.#found(coverage)
  }

  text(): void {}

  close(): void {}
}

function amount(text = ''): number | null {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  return number >= 0 && number < 1e12 ? number : null
}
