import { byLine, changeLine, type LineChange, MOST_LINE_TEXT, plainText } from '@yardmaster/trace-format'

/** Plain text of successive lines. */
export interface TextStretch {
  readonly firstLine: number
  /** The lines, joined by `\n`. */
  readonly text: string
}

/** The result of one step of reading. */
export interface TextStep {
  /** Null when no line was finished. */
  readonly stretch: TextStretch | null
  /** How lines up to this one continued. */
  readonly changes: readonly LineChange[]
}

/**
 * Combines text with the continuations of its lines, which may come further down. A continuation near its line lies
 * before the checkpoint after next, so text read up to one checkpoint waits until the next. Continuations further away
 * are known beforehand.
 */
export class ChangedText {
  readonly #far: ReadonlyMap<number, LineChange> | null
  /** Numbers of the lines with a far continuation, ascending; `#nextFar` is the index of the first one from here on. */
  readonly #farLines: readonly number[]
  #nextFar = 0
  #before: TextStretch[] = []
  #waiting: TextStretch[] = []
  #near = new Map<number, LineChange[]>()

  /** @param far - null when no line continues, so that no text has to wait. */
  constructor(far: ReadonlyMap<number, LineChange> | null) {
    this.#far = far
    this.#farLines = far ? [...far.keys()].sort((a, b) => a - b) : []
  }

  *take(steps: Iterable<TextStep>): Generator<TextStretch> {
    for (const { stretch, changes } of steps) {
      if (stretch && this.#far === null) yield stretch
      else if (stretch) this.#waiting.push(stretch)
      for (const change of changes) this.#note(change)
    }
  }

  /** Call when the next checkpoint is reached. */
  *turn(): Generator<TextStretch> {
    for (const stretch of this.#before) yield this.#changed(stretch)
    this.#before = this.#waiting
    this.#waiting = []
  }

  *end(): Generator<TextStretch> {
    yield* this.turn()
    yield* this.turn()
  }

  /** Returns whether one of these lines has a far continuation. */
  #hasFar(first: number, last: number): boolean {
    while ((this.#farLines[this.#nextFar] ?? Number.POSITIVE_INFINITY) < first) this.#nextFar += 1
    return (this.#farLines[this.#nextFar] ?? Number.POSITIVE_INFINITY) <= last
  }

  #note(change: LineChange): void {
    const first = (this.#before[0] ?? this.#waiting[0])?.firstLine ?? Number.POSITIVE_INFINITY
    if (change.number < first || change.stored >= (this.#far?.get(change.number)?.stored ?? Number.POSITIVE_INFINITY))
      return
    const noted = this.#near.get(change.number)
    if (noted) noted.push(change)
    else this.#near.set(change.number, [change])
  }

  #changed({ firstLine, text }: TextStretch): TextStretch {
    if (this.#near.size === 0 && !this.#hasFar(firstLine, firstLine + countBreaks(text))) return { firstLine, text }
    const lines = text.split('\n')
    for (let index = 0; index < lines.length; index++) {
      const number = firstLine + index
      const near = this.#near.get(number) ?? []
      const moved = near.findIndex((change) => change.overlay !== null)
      // Text that is appended is cheap to add; what a cursor wrote over and over again is joined before.
      const appended = moved === -1 ? near : near.slice(0, moved)
      const written = moved === -1 ? [] : byLine(near.slice(moved)).values()
      for (const change of [...appended, ...written]) lines[index] = goneOn(lines[index] ?? '', change)
      this.#near.delete(number)
      const far = this.#far?.get(number)
      if (far) lines[index] = goneOn(lines[index] ?? '', far)
    }
    return { firstLine, text: lines.join('\n') }
  }
}

const LINE = { number: 0, stamp: null, section: null, ends: [], depth: 0, cut: false }

/** Counts the line feeds in a text. */
export function countBreaks(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

function goneOn(text: string, change: LineChange): string {
  if (change.overlay) return plainText(changeLine({ ...LINE, spans: [{ text, style: {} }] }, change))
  const kept = change.clears ? '' : text.slice(0, Math.max(0, text.length - change.drops))
  return (kept + plainText(change)).slice(0, MOST_LINE_TEXT)
}
