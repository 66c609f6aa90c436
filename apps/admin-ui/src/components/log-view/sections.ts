import { type Line, type LineChange, plainText } from '@yardmaster/trace-format'
import type { HiddenLines } from './folding.ts'

/** A section as far as it is known. */
export interface Section {
  readonly name: string
  readonly header: string
  readonly options: Readonly<Record<string, string>>
  readonly depth: number
  readonly startLine: number
  /** The last line that folding hides; null while it is open. */
  readonly endLine: number | null
  /** Seconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number | null
}

/** The sections of a log: what the server found, and what came since. Folded as their options or a person say. */
export class Sections {
  #byHeader = new Map<number, Section>()
  readonly #chosen = new Map<number, boolean>()
  #all: boolean | null = null
  #hidden: HiddenLines[] | null = null

  get size(): number {
    return this.#byHeader.size
  }

  /** The section whose header is this line. */
  at(line: number): Section | undefined {
    return this.#byHeader.get(line)
  }

  /** What the server knows of the first `upTo` lines; what came after them stays. */
  learn(sections: readonly Section[], upTo: number): void {
    const known = new Map(sections.map((section) => [section.startLine, section]))
    for (const [line, section] of this.#byHeader) {
      const said = known.get(line)
      if (!said ? line > upTo : said.endLine === null && section.endLine !== null) known.set(line, section)
    }
    this.#byHeader = known
    this.#hidden = null
  }

  /** A line that came after what is known. */
  follow(line: Line): void {
    for (const { headerLine, startedAt, endedAt } of line.ends) {
      const open = this.#byHeader.get(headerLine)
      if (!open || open.endLine !== null) continue
      const isFooter = line.section === null && line.spans.length === 0
      const endLine = isFooter ? line.number : line.number - 1
      this.#byHeader.set(headerLine, { ...open, endLine, endedAt, startedAt })
      this.#hidden = null
    }
    if (!line.section || this.#byHeader.has(line.number)) return
    const { name, options, startedAt } = line.section
    const header = plainText(line).slice(0, 200)
    const place = { depth: line.depth, startLine: line.number, endLine: null, endedAt: null }
    this.#byHeader.set(line.number, { name, header, options, startedAt, ...place })
    this.#hidden = null
  }

  /** A line went on; of a header, its text. */
  change(change: LineChange): void {
    const section = this.#byHeader.get(change.number)
    if (!section) return
    const kept = change.clears ? '' : section.header.slice(0, Math.max(0, section.header.length - change.drops))
    const header = (kept + plainText(change)).slice(0, 200)
    this.#byHeader.set(change.number, { ...section, header })
  }

  isFolded(section: Section): boolean {
    return this.#chosen.get(section.startLine) ?? this.#all ?? section.options.collapsed === 'true'
  }

  fold(section: Section, folded: boolean): void {
    this.#chosen.set(section.startLine, folded)
    this.#hidden = null
  }

  /** Those to come too. */
  foldAll(folded: boolean): void {
    this.#chosen.clear()
    this.#all = folded
    this.#hidden = null
  }

  /** Whether there is one that is open to the eye. */
  get anyUnfolded(): boolean {
    return this.#byHeader.values().some((section) => !this.isFolded(section))
  }

  /** Unfolds whatever hides a line. @returns whether something did. */
  reveal(line: number): boolean {
    let hid = false
    for (const section of this.#byHeader.values()) {
      if (section.startLine >= line || line > (section.endLine ?? Number.POSITIVE_INFINITY)) continue
      if (!this.isFolded(section)) continue
      this.fold(section, false)
      hid = true
    }
    return hid
  }

  /** The innermost section that a line is in, its header included. */
  around(line: number): Section | undefined {
    let found: Section | undefined
    for (const section of this.#byHeader.values()) {
      if (section.startLine > line || line > (section.endLine ?? Number.POSITIVE_INFINITY)) continue
      if (!found || section.startLine > found.startLine) found = section
    }
    return found
  }

  /** What folding hides. */
  get hidden(): readonly HiddenLines[] {
    this.#hidden ??= [...this.#byHeader.values()]
      .filter((section) => this.isFolded(section))
      .map(({ startLine, endLine }) => ({ first: startLine + 1, last: endLine ?? Number.POSITIVE_INFINITY }))
    return this.#hidden
  }

  clear(): void {
    this.#byHeader.clear()
    this.#hidden = null
  }
}
