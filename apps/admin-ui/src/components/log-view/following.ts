/** Stays at a log's end while somebody is there, lets go when they scroll up. */
export class Following {
  #on: boolean
  /** Lines there were when it let go. */
  #seen = 0

  constructor(on: boolean) {
    this.#on = on
  }

  get on(): boolean {
    return this.#on
  }

  /** Somebody scrolled by so many pixels, and is at the end now or not. */
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

  /** How many lines came since it let go. */
  newLines(lines: number): number {
    return this.#on ? 0 : Math.max(0, lines - this.#seen)
  }
}
