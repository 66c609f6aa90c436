import { type Move, moveOf } from './moves.ts'
import { LONGEST_LINK } from './style.ts'

const ESC = 0x1b
const BEL = 0x07
const LONGEST_PARAMETERS = 256
/** A link's parameters and address. */
const LONGEST_COMMAND = LONGEST_LINK + 256

/**
 * The kind of escape sequence that the next character is in: none; just after ESC; `ESC [ …`; a string such as a title,
 * ended by BEL or `ESC \`; after an ESC in a string; `ESC` and intermediates.
 */
type Mode = 'none' | 'escape' | 'csi' | 'string' | 'string-escape' | 'intermediate'

/** An unfinished sequence. Plain JSON. */
export interface EscapeState {
  readonly mode: Exclude<Mode, 'none'>
  /** Of `ESC [ …`: what came so far. Of a string: the beginning of a link, or nothing that could become one. */
  readonly parameters: string
}

/** What sequences do. */
export interface EscapeEffects {
  /** `ESC [ <parameters> m` */
  restyle(parameters: string): void
  /** `ESC ] <command>`, ended by BEL or `ESC \`, if it may be a link. */
  link(command: string): void
  /** `ESC [ <parameters> <final>` that moves the cursor or erases. */
  moveCursor(move: Move): void
  /** Any other sequence. */
  ignore(): void
}

/** Reads escape sequences in pieces of any size. */
export class Escapes {
  #mode: Mode = 'none'
  #parameters = ''

  /** Whether the next character is inside a sequence. */
  get inside(): boolean {
    return this.#mode !== 'none'
  }

  /** Starts a sequence after an ESC. */
  begin(): void {
    this.#mode = 'escape'
    this.#parameters = ''
  }

  /** Drops an unfinished sequence. */
  drop(): void {
    this.#mode = 'none'
  }

  /**
   * Reads on inside a sequence, up to the character that ends it, does not fit into it, or is a line feed or carriage
   * return: those two always keep their own meaning.
   *
   * @returns the offset to continue at.
   */
  read(input: string, from: number, effects: EscapeEffects): number {
    const code = input.charCodeAt(from)
    switch (this.#mode) {
      case 'escape':
        if (code === 0x5b) this.#mode = 'csi'
        else if (opensString(code)) this.#openString(code)
        else if (isIntermediate(code)) this.#mode = 'intermediate'
        else return this.#ignore(from, code >= 0x30 && code <= 0x7e, effects)
        return from + 1
      case 'intermediate':
        if (isIntermediate(code)) return from + 1
        return this.#ignore(from, code >= 0x30 && code <= 0x7e, effects)
      case 'csi':
        return this.#readCsi(input, from, effects)
      case 'string':
        return this.#readString(input, from, effects)
      default:
        // ESC \ ends the string. Any other sequence ends it too, and takes effect itself.
        if (code === 0x5c) return this.#endString(from, effects)
        this.begin()
        return from
    }
  }

  /** Returns the unfinished sequence, or null when there is none. */
  state(): EscapeState | null {
    return this.#mode === 'none' ? null : { mode: this.#mode, parameters: this.#parameters }
  }

  /** Continues inside a sequence. */
  resume({ mode, parameters }: EscapeState): void {
    this.#mode = mode
    this.#parameters = parameters
  }

  #readCsi(input: string, from: number, effects: EscapeEffects): number {
    let at = from
    while (isParameter(input.charCodeAt(at))) at++
    if (this.#parameters.length <= LONGEST_PARAMETERS) this.#parameters += input.slice(from, at)
    if (at === input.length) return at
    const final = input.charCodeAt(at)
    if (isLineEnd(final)) return at
    const isWhole = this.#parameters.length <= LONGEST_PARAMETERS
    const move = isWhole && final !== 0x6d ? moveOf(this.#parameters, String.fromCharCode(final)) : null
    if (move) effects.moveCursor(move)
    else if (isWhole && final === 0x6d) effects.restyle(this.#parameters)
    else effects.ignore()
    return this.#end(at, final >= 0x40 && final <= 0x7e)
  }

  #openString(code: number): void {
    this.#mode = 'string'
    this.#parameters = code === OSC ? '' : NO_LINK
  }

  #readString(input: string, from: number, effects: EscapeEffects): number {
    let at = from
    while (at < input.length && !endsString(input.charCodeAt(at))) at++
    this.#collect(input, from, at)
    const code = input.charCodeAt(at)
    if (at === input.length || isLineEnd(code)) return at
    if (code === BEL) return this.#endString(at, effects)
    this.#mode = 'string-escape'
    return at + 1
  }

  /** Keeps of a string only what may be a link: in ASCII, and not too long. */
  #collect(input: string, from: number, to: number): void {
    if (this.#parameters === NO_LINK) return
    const isBounded = this.#parameters.length + to - from <= LONGEST_COMMAND
    const command = this.#parameters + input.slice(from, isBounded ? to : from + 1)
    if (isBounded && MAY_BE_LINK.test(command)) this.#parameters = command
    else this.#parameters = command.startsWith('8;') ? BAD_LINK : NO_LINK
  }

  #endString(at: number, effects: EscapeEffects): number {
    if (this.#parameters === NO_LINK) effects.ignore()
    else effects.link(this.#parameters)
    return this.#end(at, true)
  }

  #ignore(at: number, fits: boolean, effects: EscapeEffects): number {
    effects.ignore()
    return this.#end(at, fits)
  }

  /** Ends the sequence; a character that does not fit into it is ordinary text. */
  #end(at: number, fits: boolean): number {
    this.#mode = 'none'
    return fits ? at + 1 : at
  }
}

const OSC = 0x5d
/** Stands for a string that is no link. */
const NO_LINK = '-'
/** Stands for a link that leads nowhere, and so ends the one before it. What is added changes nothing. */
const BAD_LINK = '8;;-'
const MAY_BE_LINK = /^(?:8(?:;[ -~]*)?)?$/

/** Matches OSC, DCS, SOS, PM and APC. */
const opensString = (code: number): boolean =>
  code === OSC || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f
const isIntermediate = (code: number): boolean => code >= 0x20 && code <= 0x2f
/** Matches parameters and intermediates of `ESC [`. */
const isParameter = (code: number): boolean => code >= 0x20 && code <= 0x3f
const isLineEnd = (code: number): boolean => code === 0x0a || code === 0x0d
const endsString = (code: number): boolean => code === BEL || code === ESC || isLineEnd(code)
