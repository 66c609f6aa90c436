import { Escapes } from './escapes.ts'
import type { Line, SectionEnd, SectionStart, Span, Stamp } from './line.ts'
import { couldBecomeMarker, LONGEST_MARKER, type Marker, markerAt } from './markers.ts'
import { PREFIX_LENGTH, prefixAt } from './stamps.ts'
import { applySgr, PLAIN, type Style, sameStyle } from './style.ts'

/** Text of one line beyond this many UTF-16 units is left out. */
export const MOST_LINE_TEXT = 2_097_152
/** And so is what follows this many changes of style. */
export const MOST_SPANS = 65_536
/** Sections open at once; a start marker beyond is dropped. */
export const MOST_OPEN_SECTIONS = 32

export interface OpenSection {
  readonly name: string
  readonly startedAt: number
  readonly headerLine: number
}

/** What has to be known at a line's start to parse from there. Plain JSON. */
export interface TraceState {
  /** Number of the line that starts here. */
  readonly line: number
  /** Whether lines carry time stamps; null: the log's first line, which decides it, has not been seen. */
  readonly stamped: boolean | null
  readonly style: Style
  /** In the order they were opened. */
  readonly sections: readonly OpenSection[]
  /** Set if the line starts inside a stored line, after a soft end; with the stamp of that line. */
  readonly within: { readonly stamp: Stamp | null } | null
}

/** Where every log begins. */
export const START: TraceState = { line: 1, stamped: null, style: PLAIN, sections: [], within: null }

const LF = 0x0a
const CR = 0x0d
const ESC = 0x1b
/** A marker cut more often than this, in a line glued together, is plain text. */
const MOST_CUTS = 4

/**
 * Log text to lines, in any cuts: the same bytes give the same lines. It keeps one unfinished line and never looks back,
 * so that work and memory are bounded by what is pushed. It never throws, whatever the text.
 *
 * | met | does |
 * | --- | --- |
 * | `\n` | ends the line, whatever was unfinished in it; with time stamps only once the next line is not a `+` |
 * | `\r` | clears the line's text as soon as something other than `\r` or `\n` follows |
 * | `ESC [ … m` | changes the style, which stays over line ends |
 * | any other escape sequence | nothing; one cut off by the line's end takes the rest of the line with it |
 * | a section marker | see `Line` |
 *
 * @see `trace.md` 9–11
 */
export class TraceParser {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** Text taken in and not looked at: the start of what may become a prefix or a marker. */
  #held = ''
  /** Where `#held` begins, counted from the first character pushed. */
  #offset = 0
  #final = false

  // Between lines
  #number: number
  #stamped: boolean | null
  #style: Style
  #sections: readonly OpenSection[]

  // The unfinished line. `#ended`: its \n came, and whether the next line continues it is not known yet.
  #open = false
  #ended = false
  #atStart = true
  #escapes = new Escapes()
  #returned = false
  #text = ''
  #spans: Span[] = []
  #length = 0
  #cut = false
  #stamp: Stamp | null = null
  #section: SectionStart | null = null
  #ends: SectionEnd[] = []
  #depth = 0

  // How it was where the unfinished line starts.
  #startOffset = 0
  #startStyle: Style = PLAIN
  #startSections: readonly OpenSection[] = []
  #startWithin: TraceState['within'] = null

  /** @param state - from `save()`, to go on at the line that starts there. */
  constructor(state: TraceState = START) {
    this.#number = state.line
    this.#stamped = state.stamped
    this.#style = state.style
    this.#sections = state.sections
    if (state.within) this.#openLine(0, state.within)
  }

  /**
   * Takes the next piece of the log, text or UTF-8; what isn't UTF-8 becomes U+FFFD.
   *
   * @returns the lines finished by it.
   */
  push(piece: string | Uint8Array): Line[] {
    const lines: Line[] = []
    this.#take(typeof piece === 'string' ? piece : this.#decoder.decode(piece, { stream: true }), lines)
    return lines
  }

  /** The log ends here. Returns what was unfinished; nothing may be pushed afterwards. */
  end(): Line[] {
    const lines: Line[] = []
    this.#final = true
    this.#take(this.#decoder.decode(), lines)
    if (this.#open) this.#closeLine(lines)
    return lines
  }

  /** What `end()` would return now, without ending: the last line, and with time stamps perhaps the one before it. */
  unfinished(): Line[] {
    return this.#copy().end()
  }

  /**
   * The state at the start of the first line that was not returned yet, and how many UTF-16 units had been pushed before
   * it. A parser made from it and given what follows returns the same lines.
   */
  save(): { state: TraceState; offset: number } {
    const stamped = this.#stamped
    if (!this.#open) {
      const state = { line: this.#number, stamped, style: this.#style, sections: this.#sections, within: null }
      return { state, offset: this.#offset }
    }
    const [style, sections, within] = [this.#startStyle, this.#startSections, this.#startWithin]
    return { state: { line: this.#number, stamped, style, sections, within }, offset: this.#startOffset }
  }

  #take(text: string, lines: Line[]): void {
    const input = this.#held === '' ? text : this.#held + text
    let at = 0
    while (at < input.length) {
      if (this.#atStart) {
        const begun = this.#begin(input, at, lines)
        if (begun === 'unfinished') break
        at = begun
        continue
      }
      if (this.#escapes.inside) {
        at = this.#escape(input, at, lines)
        continue
      }
      const to = endOfRun(input, at, this.#stamped === true)
      if (to > at) this.#append(input.slice(at, to))
      at = to
      if (at === input.length) break
      const code = input.charCodeAt(at)
      if (code !== S) {
        at = this.#control(code, at, lines)
        continue
      }
      const found = this.#markerAt(input, at)
      if (found === 'unfinished') break
      if (found === null) {
        this.#append('s')
        at += 1
      } else {
        this.#mark(found.marker, this.#offset + at, lines)
        this.#stamp = found.stamp
        at += found.length
      }
    }
    this.#held = input.slice(at)
    this.#offset += at
  }

  /** At the start of a stored line: does it have a prefix, and does it continue the line before it? */
  #begin(input: string, at: number, lines: Line[]): number | 'unfinished' {
    let prefix = this.#stamped === false ? null : prefixAt(input, at)
    if (prefix === 'unfinished') {
      if (!this.#final) return 'unfinished'
      prefix = null
    }
    this.#stamped ??= prefix !== null
    if (this.#ended && prefix?.continues) {
      this.#ended = false
      this.#atStart = false
      this.#stamp = prefix.stamp
      return at + PREFIX_LENGTH
    }
    if (this.#ended) this.#closeLine(lines)
    this.#openLine(this.#offset + at, null)
    this.#stamp = prefix?.stamp ?? null
    return prefix ? at + PREFIX_LENGTH : at
  }

  /** A line feed, a carriage return or an escape, outside of any sequence. */
  #control(code: number, at: number, lines: Line[]): number {
    if (code === CR) {
      this.#returned = true
    } else if (code === LF) {
      this.#atStart = true
      if (this.#stamped) this.#ended = true
      else this.#closeLine(lines)
    } else {
      this.#clearIfReturned()
      this.#escapes.begin()
    }
    return at + 1
  }

  /** Inside an escape sequence. A line end ends it, unless the line goes on after all. */
  #escape(input: string, at: number, lines: Line[]): number {
    const code = input.charCodeAt(at)
    if (code === CR) this.#escapes.drop()
    if (code === CR || code === LF) return this.#control(code, at, lines)
    return this.#escapes.read(input, at, (parameters) => this.#restyle(parameters))
  }

  #restyle(parameters: string): void {
    if (!/^[0-9;:]*$/.test(parameters)) return
    const style = applySgr(this.#style, parameters)
    if (sameStyle(style, this.#style)) return
    this.#closeSpan()
    this.#style = style
  }

  #append(text: string): void {
    this.#clearIfReturned()
    const room = this.#spans.length < MOST_SPANS ? MOST_LINE_TEXT - this.#length : 0
    const kept = text.length <= room ? text : text.slice(0, room)
    if (kept !== text) this.#cut = true
    this.#text += kept
    this.#length += kept.length
  }

  #clearIfReturned(): void {
    if (!this.#returned) return
    this.#returned = false
    this.#text = ''
    this.#spans = []
    this.#length = 0
    this.#cut = false
  }

  #closeSpan(): void {
    if (this.#text === '') return
    this.#spans.push({ text: this.#text, style: this.#style })
    this.#text = ''
  }

  /**
   * The marker at an `s`, with how many characters it takes. In a line that was cut and glued together it may lie over
   * the cut; then also the stamp of the piece it ends in.
   */
  #markerAt(input: string, at: number): { marker: Marker; length: number; stamp: Stamp | null } | null | 'unfinished' {
    let before = ''
    let from = at
    let stamp = this.#stamp
    for (let cuts = 0; cuts <= MOST_CUTS; cuts++) {
      const ahead = input.slice(from, from + LONGEST_MARKER)
      const marker = markerAt(before + ahead, 0)
      if (marker === 'unfinished') return this.#final ? null : 'unfinished'
      if (marker) return { marker, length: from - at + marker.length - before.length, stamp }
      const end = this.#stamped ? ahead.indexOf('\n') : -1
      if (end === -1) return null
      before += ahead.slice(0, end)
      if (!couldBecomeMarker(before)) return null
      const prefix = prefixAt(input, from + end + 1)
      if (prefix === 'unfinished') return this.#final ? null : 'unfinished'
      if (!prefix?.continues) return null
      stamp = prefix.stamp
      from += end + 1 + PREFIX_LENGTH
    }
    return null
  }

  /** A section marker in the line. */
  #mark({ kind, name, seconds, options }: Marker, offset: number, lines: Line[]): void {
    this.#clearIfReturned()
    const at = this.#sections.findIndex((section) => section.name === name)
    // What was opened inside it ends with it; and with one of the same name, which begins again.
    const remaining = at === -1 ? this.#sections : this.#sections.slice(0, at)
    if (kind === 'end' ? at === -1 : remaining.length >= MOST_OPEN_SECTIONS) return

    if (this.#length > 0 || this.#section) {
      const stamp = this.#stamp
      this.#closeLine(lines)
      this.#openLine(offset, { stamp })
    }
    const endedAt = kind === 'end' ? seconds : null
    for (const section of this.#sections.slice(remaining.length).reverse()) this.#ends.push({ ...section, endedAt })
    this.#sections = remaining
    this.#depth = remaining.length
    if (kind === 'end') return
    this.#section = { name, startedAt: seconds, options }
    this.#sections = [...remaining, { name, startedAt: seconds, headerLine: this.#number }]
  }

  #openLine(offset: number, within: TraceState['within']): void {
    this.#open = true
    this.#atStart = false
    this.#stamp = within?.stamp ?? null
    this.#depth = this.#sections.length
    this.#startOffset = offset
    this.#startStyle = this.#style
    this.#startSections = this.#sections
    this.#startWithin = within
  }

  #closeLine(lines: Line[]): void {
    this.#closeSpan()
    lines.push({
      number: this.#number,
      spans: this.#spans,
      stamp: this.#stamp,
      section: this.#section,
      ends: this.#ends,
      depth: this.#depth,
      cut: this.#cut,
    })
    this.#number += 1
    this.#open = false
    this.#ended = false
    this.#escapes.drop()
    this.#returned = false
    this.#spans = []
    this.#length = 0
    this.#cut = false
    this.#section = null
    this.#ends = []
  }

  #copy(): TraceParser {
    const copy = new TraceParser()
    copy.#held = this.#held
    copy.#offset = this.#offset
    copy.#number = this.#number
    copy.#stamped = this.#stamped
    copy.#style = this.#style
    copy.#sections = this.#sections
    copy.#open = this.#open
    copy.#ended = this.#ended
    copy.#atStart = this.#atStart
    copy.#escapes = this.#escapes.copy()
    copy.#returned = this.#returned
    copy.#text = this.#text
    copy.#spans = [...this.#spans]
    copy.#length = this.#length
    copy.#cut = this.#cut
    copy.#stamp = this.#stamp
    copy.#section = this.#section
    copy.#ends = [...this.#ends]
    copy.#depth = this.#depth
    return copy
  }
}

const S = 0x73
const KEYWORD = 'section_'

/** The offset of the next character that may mean something; the text's end if there is none. */
function endOfRun(input: string, from: number, stamped: boolean): number {
  for (let at = from; at < input.length; at++) {
    const code = input.charCodeAt(at)
    if (code === LF || code === CR || code === ESC) return at
    if (code === S && beginsKeyword(input, at, stamped)) return at
  }
  return input.length
}

function beginsKeyword(input: string, at: number, stamped: boolean): boolean {
  for (let index = 1; index < KEYWORD.length; index++) {
    if (at + index === input.length) return true
    const code = input.charCodeAt(at + index)
    if (code !== KEYWORD.charCodeAt(index)) return stamped && code === LF
  }
  return true
}
