import type { Line, SectionEnd, SectionStart, Stamp } from './line.ts'
import type { Marker } from './markers.ts'
import type { Pen } from './pen.ts'
import type { OpenSection, Within } from './state.ts'

/** The parser's state where a line starts, from which parsing can begin. */
export interface LineStart {
  readonly line: number
  readonly offset: number
  readonly stored: number
  readonly sections: readonly OpenSection[]
  readonly within: Within | null
}

/** The line that was not returned yet. Its text is in its pen. */
export class NewestLine {
  /** Number of the first line that was not returned. */
  number: number
  /** Whether the line has begun. */
  isOpen = false
  /** Stamp of the latest stored line that is part of it. */
  stamp: Stamp | null = null
  section: SectionStart | null = null
  start: LineStart = { line: 1, offset: 0, stored: 0, sections: [], within: null }
  #pen: Pen
  #ends: SectionEnd[] = []
  #depth = 0

  /** @param pen - writes the line. */
  constructor(number: number, pen: Pen) {
    this.number = number
    this.#pen = pen
  }

  /** Begins the line with the given pen. */
  open(pen: Pen, stamp: Stamp | null): void {
    this.isOpen = true
    this.stamp = stamp
    this.#depth = this.start.sections.length
    this.#pen = pen
    pen.begin(this.number)
  }

  /** Records the effect of a section marker in the line. */
  mark(
    { kind, name, seconds, options }: Marker,
    { ends, remaining }: { ends: readonly SectionEnd[]; remaining: readonly OpenSection[] },
  ): void {
    this.#ends.push(...ends)
    this.#depth = remaining.length
    if (kind !== 'end') this.section = { name, startedAt: seconds, options }
  }

  /** Finishes the line and returns it; the next one has not begun. */
  close(): Line {
    const { spans, cut } = this.#pen.takeLine()
    const { number, stamp, section } = this
    const line: Line = { number, spans, stamp, section, ends: this.#ends, depth: this.#depth, cut }
    this.number += 1
    this.isOpen = false
    this.section = null
    this.#ends = []
    return line
  }

  /** @param penOf - returns the copy of a pen. */
  copy(penOf: (name: string) => Pen): NewestLine {
    const copy = new NewestLine(this.number, penOf(this.#pen.name))
    copy.isOpen = this.isOpen
    copy.stamp = this.stamp
    copy.section = this.section
    copy.start = this.start
    copy.#ends = [...this.#ends]
    copy.#depth = this.#depth
    return copy
  }
}
