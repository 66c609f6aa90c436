/** Follows the end of a log until the user scrolls up. */
export class Following {
  #on: boolean
  /** Number of lines when following ended. */
  #seen = 0

  constructor(on: boolean) {
    this.#on = on
  }

  get on(): boolean {
    return this.#on
  }

  /** Notes that the user scrolled by `delta` pixels, and whether that led to the end. */
  scrolled(delta: number, { atEnd, lines }: { atEnd: boolean; lines: number }): void {
    if (atEnd && delta >= 0) this.#on = true
    else if (this.#on && delta < 0) this.letGo(lines)
  }

  letGo(lines: number): void {
    if (!this.#on) return
    this.#on = false
    this.#seen = lines
  }

  resume(): void {
    this.#on = true
  }

  /** Returns how many lines were added since following ended. */
  newLines(lines: number): number {
    return this.#on ? 0 : Math.max(0, lines - this.#seen)
  }
}
