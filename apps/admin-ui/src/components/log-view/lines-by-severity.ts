import { type Line, type Severity, severityOf } from '@yardmaster/trace-format'
import type { TraceOutline } from '../../lib/api.ts'

/** Numbers of lines, ascending. */
export class LineNumbers {
  #lines: number[] = []
  /** What the server found covers the lines up to this one. */
  #learnedTo = 0
  /** Total number, which in an enormous log is more than are listed. */
  count = 0

  get list(): readonly number[] {
    return this.#lines
  }

  /** Takes over what the server found in the first `upTo` lines; later ones stay. */
  learn(lines: readonly number[], count: number, upTo: number): void {
    const later = this.#lines.filter((line) => line > upTo)
    this.#lines = [...lines, ...later]
    this.count = count + later.length
    this.#learnedTo = upTo
  }

  add(line: number): void {
    // The server has counted it, and listed others.
    if (line <= this.#learnedTo && this.count > this.#lines.length) return
    const next = this.#lines.findLastIndex((other) => other <= line) + 1
    if (this.#lines[next - 1] === line) return
    this.#lines.splice(next, 0, line)
    this.count += 1
  }

  remove(line: number): void {
    const at = this.#lines.lastIndexOf(line)
    if (at === -1) return
    this.#lines.splice(at, 1)
    this.count -= 1
  }

  after(line: number): number | undefined {
    return this.#lines.find((other) => other > line)
  }

  before(line: number): number | undefined {
    return this.#lines.findLast((other) => other < line)
  }

  clear(): void {
    this.#lines = []
    this.#learnedTo = 0
    this.count = 0
  }
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'red']

/** The lines of a log that report something. */
export class LinesBySeverity {
  readonly #of: Readonly<Record<Severity, LineNumbers>> = {
    error: new LineNumbers(),
    warning: new LineNumbers(),
    red: new LineNumbers(),
  }
  readonly #known = new WeakMap<Line, Severity | null>()

  of(severity: Severity): LineNumbers {
    return this.#of[severity]
  }

  /** Takes over what the server found in the indexed lines; later ones stay. */
  learn(outline: TraceOutline): void {
    const { indexedLines: upTo } = outline
    this.#of.error.learn(outline.errorLines, outline.errorLineCount, upTo)
    this.#of.warning.learn(outline.warningLines, outline.warningLineCount, upTo)
    this.#of.red.learn(outline.redLines, outline.redLineCount, upTo)
  }

  /** Takes a new line. */
  follow(line: Line): void {
    const severity = this.severityOf(line)
    if (severity) this.#of[severity].add(line.number)
  }

  /** Takes a line that has changed. */
  change(line: Line): void {
    const severity = this.severityOf(line)
    for (const other of SEVERITIES) if (other !== severity) this.#of[other].remove(line.number)
    this.follow(line)
  }

  severityOf(line: Line): Severity | null {
    const known = this.#known.get(line)
    if (known !== undefined) return known
    const severity = severityOf(line)
    this.#known.set(line, severity)
    return severity
  }

  clear(): void {
    for (const severity of SEVERITIES) this.#of[severity].clear()
  }
}
