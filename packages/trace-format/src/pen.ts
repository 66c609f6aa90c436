import { type EscapeEffects, type EscapeState, Escapes } from './escapes.ts'
import type { Span } from './line.ts'
import { linkedStyle, MOST_LINE_TEXT, MOST_SPANS } from './line-change.ts'
import { couldBecomeMarker, visibleLength } from './markers.ts'
import { applyLink, applySgr, PLAIN, type Style, sameStyle } from './style.ts'

/** The position of a stream: everything needed to continue its line except the text. Plain JSON. */
export interface StreamState {
  /** Number and channel: `01O`. */
  readonly name: string
  /** Number of its last line, which a `+` continues. */
  readonly line: number
  readonly style: Style
  /** The line ends in a carriage return. */
  readonly returned?: true
  /** An escape sequence that the stored line's end cut off. */
  readonly sequence?: EscapeState
  /** A section marker that the stored line's end cut off. */
  readonly marker?: string
}

interface Standing {
  line: number
  style: Style
  returned: boolean
  sequence: EscapeState | null
  marker: string
}

/** The text written since it was last taken. */
export interface Written {
  readonly spans: readonly Span[]
  readonly drops: number
  readonly clears: boolean
  readonly cut: boolean
}

/** Writes the text of one stream: holds its style, what is unfinished in it, and the text since it was last taken. */
export class Pen implements EscapeEffects {
  readonly name: string
  /** Number of the line it writes. */
  line: number
  style: Style
  readonly escapes = new Escapes()
  /** A section marker cut off by the end of a stored line. */
  marker = ''
  /** The number of its characters that stand in the line as text. */
  #shown = 0
  #returned: boolean
  #text = ''
  #spans: Span[] = []
  #length = 0
  /** Characters of addresses in `#spans`. */
  #linked = 0
  #drops = 0
  #clears = false
  #cut = false
  /** `#before` is the state when the line of this turn began. */
  #turn = 0
  readonly #before: Standing

  constructor({ name, line, style, returned, sequence, marker }: StreamState = { name: '', line: 0, style: PLAIN }) {
    this.name = name
    this.line = line
    this.style = style
    this.#returned = returned === true
    if (sequence) this.escapes.resume(sequence)
    this.marker = marker ?? ''
    this.#shown = visibleLength(this.marker)
    this.#before = { line, style, returned: this.#returned, sequence: null, marker: this.marker }
  }

  /** Whether nothing visible was written. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** Begins a new line. Drops what was unfinished in the last one. */
  begin(line: number): void {
    this.line = line
    this.escapes.drop()
    this.marker = ''
    this.#shown = 0
    this.#returned = false
  }

  append(text: string): void {
    this.clearIfReturned()
    const room = this.#spans.length < MOST_SPANS ? MOST_LINE_TEXT - this.#length : 0
    const kept = text.length <= room ? text : text.slice(0, room)
    if (kept !== text) this.#cut = true
    this.#text += kept
    this.#length += kept.length
  }

  return(): void {
    this.#returned = true
  }

  /** Clears the line if a carriage return came before. */
  clearIfReturned(): void {
    if (!this.#returned) return
    this.#returned = false
    this.#text = ''
    this.#spans = []
    this.#length = 0
    this.#linked = 0
    this.#drops = 0
    this.#clears = true
    this.#cut = false
  }

  restyle(parameters: string): void {
    if (!/^[0-9;:]*$/.test(parameters)) return
    this.#setStyle(applySgr(this.style, parameters))
  }

  link(command: string): void {
    this.#setStyle(applyLink(this.style, command))
  }

  #setStyle(style: Style): void {
    if (sameStyle(style, this.style)) return
    this.#closeSpan()
    this.style = style
  }

  /** Records that the stored line ended inside what may become a section marker. */
  cutMarker(begun: string): void {
    const more = begun.slice(this.#shown, visibleLength(begun))
    this.marker = begun
    this.#shown += more.length
    if (more !== '') this.append(more)
  }

  /** Continues a marker that began before the line. @returns whether there is one. */
  resumeMarker(begun = ''): boolean {
    this.marker = begun
    this.#shown = 0
    return begun !== ''
  }

  /** Removes a cut marker from the text once it turned out to be a marker. */
  dropMarker(): void {
    const shown = this.#shown
    this.marker = ''
    this.#shown = 0
    if (shown === 0) return
    // The marker lies completely either in what was written or in what was taken before.
    if (this.#length === 0) {
      this.#drops += shown
      return
    }
    this.#text = this.#text.slice(0, -shown)
    this.#length -= Math.min(shown, this.#length)
  }

  /**
   * Treats a cut marker as text once it turned out not to be one.
   *
   * @returns whether a part of it may still be the beginning of another.
   */
  giveUpMarker(): boolean {
    const begun = this.marker
    for (let at = begun.indexOf('s', 1); at !== -1; at = begun.indexOf('s', at + 1)) {
      if (!couldBecomeMarker(begun.slice(at))) continue
      this.marker = begun.slice(at)
      this.#shown = visibleLength(this.marker)
      return true
    }
    this.marker = ''
    this.#shown = 0
    for (const character of begun.slice(visibleLength(begun))) {
      if (this.escapes.inside) this.escapes.read(character, 0, this)
      else if (character === '\r') this.return()
      else {
        this.clearIfReturned()
        this.escapes.begin()
      }
    }
    return false
  }

  take(): Written {
    this.#closeSpan()
    const written = { spans: this.#spans, drops: this.#drops, clears: this.#clears, cut: this.#cut }
    this.#spans = []
    this.#length = 0
    this.#linked = 0
    this.#drops = 0
    this.#clears = false
    this.#cut = false
    return written
  }

  /** Saves the present state, unless that was already done in this turn. */
  remember(turn: number): void {
    if (this.#turn === turn) return
    this.#turn = turn
    const before = this.#before
    before.line = this.line
    before.style = this.style
    before.returned = this.#returned
    before.sequence = this.escapes.state()
    before.marker = this.marker
  }

  /**
   * Returns the state when the line of a turn began: the saved one, or the present one if none was saved in that turn.
   */
  stateAt(turn: number): StreamState {
    return this.#turn === turn ? stateOf(this.name, this.#before) : this.state()
  }

  state(): StreamState {
    const { line, style, marker } = this
    return stateOf(this.name, { line, style, marker, returned: this.#returned, sequence: this.escapes.state() })
  }

  copy(): Pen {
    const copy = new Pen(this.state())
    copy.#shown = this.#shown
    copy.#text = this.#text
    copy.#spans = [...this.#spans]
    copy.#length = this.#length
    copy.#linked = this.#linked
    copy.#drops = this.#drops
    copy.#clears = this.#clears
    copy.#cut = this.#cut
    return copy
  }

  #closeSpan(): void {
    if (this.#text === '') return
    const style = linkedStyle(this.style, this.#linked)
    this.#linked += style.link?.length ?? 0
    this.#spans.push({ text: this.#text, style })
    this.#text = ''
  }
}

function stateOf(name: string, { line, style, returned, sequence, marker }: Standing): StreamState {
  return {
    ...{ name, line, style },
    ...(returned && { returned: true as const }),
    ...(sequence && { sequence }),
    ...(marker !== '' && { marker }),
  }
}
