import { type Line, type LineChange, plainText } from '@yardmaster/trace-format'
import type { HiddenLines } from './folding.ts'

/** A section, as far as it is known. */
export interface Section {
  readonly name: string
  readonly header: string
  readonly options: Readonly<Record<string, string>>
  readonly depth: number
  readonly startLine: number
  /** The last line that folding hides; null while it is open. */
  readonly endLine: number | null
  /** Whether `endLine` has no text and only ends sections. */
  readonly footer: boolean
  /** Seconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number | null
}

/** Returns how long a section took; null while it is open. */
export const secondsOf = ({ startedAt, endedAt }: Section): number | null =>
  endedAt === null ? null : Math.max(0, endedAt - startedAt)

/** The sections of a log: those the server found and newer ones. Options or the user decide which are folded. */
export class Sections {
  #byHeader = new Map<number, Section>()
  readonly #chosen = new Map<number, boolean>()
  #all: boolean | null = null
  #hidden: HiddenLines[] | null = null

  get size(): number {
    return this.#byHeader.size
  }

  /** Returns the section whose header is this line. */
  at(line: number): Section | undefined {
    return this.#byHeader.get(line)
  }

  /** Takes over the server's sections of the first `upTo` lines; later ones stay. */
  learn(sections: readonly Section[], upTo: number): void {
    const known = new Map(sections.map((section) => [section.startLine, section]))
    for (const [line, section] of this.#byHeader) {
      const said = known.get(line)
      if (!said ? line > upTo : said.endLine === null && section.endLine !== null) known.set(line, section)
    }
    this.#byHeader = known
    this.#hidden = null
  }

  /** Adds a new line. */
  follow(line: Line): void {
    for (const { headerLine, startedAt, endedAt } of line.ends) {
      const open = this.#byHeader.get(headerLine)
      if (!open || open.endLine !== null) continue
      const isFooter = line.section === null && line.spans.length === 0
      const endLine = isFooter ? line.number : line.number - 1
      this.#byHeader.set(headerLine, { ...open, endLine, footer: isFooter, endedAt, startedAt })
      this.#hidden = null
    }
    if (!line.section || this.#byHeader.has(line.number)) return
    const { name, options, startedAt } = line.section
    const header = plainText(line).slice(0, 200)
    const place = { depth: line.depth, startLine: line.number, endLine: null, footer: false, endedAt: null }
    this.#byHeader.set(line.number, { name, header, options, startedAt, ...place })
    this.#hidden = null
  }

  /** Applies a change of a line, which may extend a header's text. */
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

  /** Folds or unfolds all sections, including later ones. */
  foldAll(folded: boolean): void {
    this.#chosen.clear()
    this.#all = folded
    this.#hidden = null
  }

  /** Whether any visible section is unfolded. */
  get anyUnfolded(): boolean {
    return this.#byHeader.values().some((section) => !this.isFolded(section))
  }

  /** Unfolds the sections that hide a line. @returns whether there were any. */
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

  /** Returns the innermost section that contains a line, or has it as its header. */
  around(line: number): Section | undefined {
    let found: Section | undefined
    for (const section of this.#byHeader.values()) {
      if (section.startLine > line || line > (section.endLine ?? Number.POSITIVE_INFINITY)) continue
      if (!found || section.startLine > found.startLine) found = section
    }
    return found
  }

  /** Returns those that took longest, the slowest first; none that took no second, or that hide how long they took. */
  slowest(most: number): { readonly section: Section; readonly seconds: number }[] {
    const timed = [...this.#byHeader.values()].map((section) => ({ section, seconds: secondsOf(section) ?? 0 }))
    return timed
      .filter(({ section, seconds }) => seconds > 0 && section.options.hide_duration !== 'true')
      .sort((one, other) => other.seconds - one.seconds || one.section.startLine - other.section.startLine)
      .slice(0, most)
  }

  /** The lines that are hidden: by folding, and those that only end sections. */
  get hidden(): readonly HiddenLines[] {
    this.#hidden ??= [...this.#byHeader.values()].flatMap((section) => {
      const { startLine, endLine, footer } = section
      if (this.isFolded(section)) return [{ first: startLine + 1, last: endLine ?? Number.POSITIVE_INFINITY }]
      return footer && endLine !== null ? [{ first: endLine, last: endLine }] : []
    })
    return this.#hidden
  }

  clear(): void {
    this.#byHeader.clear()
    this.#hidden = null
  }
}
