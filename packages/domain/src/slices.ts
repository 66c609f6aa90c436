/** About how long work may hold the event loop, in milliseconds, before anything else gets its turn. */
const SLICE_MS = 8

/**
 * All work in slices in this process waits in one line: one slice per turn of the event loop, however many searches and
 * uploads there are. Otherwise fifty of them would hold the loop fifty times as long as one.
 */
const line: (() => void)[] = []

function serve(): void {
  const next = line.shift()
  // First, so that work which needs another slice does not request the same turn twice.
  if (line.length > 0) setImmediate(serve)
  next?.()
}

function inLine(): Promise<void> {
  return new Promise((resolve) => {
    line.push(resolve)
    if (line.length === 1) setImmediate(serve)
  })
}

/**
 * Cuts long work into slices, between which the event loop serves sockets, timers and other work in slices. Create one
 * for each piece of work. The first slice is waited for as well.
 */
export class Slices {
  #end = Number.NEGATIVE_INFINITY

  /**
   * True when the slice is used up: call `await next()` before continuing. Cheap enough to be read every few
   * microseconds.
   */
  get due(): boolean {
    return performance.now() >= this.#end
  }

  /** Waits for the next slice. */
  async next(): Promise<void> {
    await inLine()
    this.#end = performance.now() + SLICE_MS
  }

  /** Runs work that pauses where it may be cut, every millisecond or so. @returns its result. */
  async run<Result>(work: Iterator<unknown, Result>): Promise<Result> {
    for (;;) {
      if (this.due) await this.next()
      const step = work.next()
      if (step.done) return step.value
    }
  }
}

/** Number of items sorted without a pause: comparing strings of 64 KB that differ at their end takes microseconds. */
const RUN_LENGTH = 128

/** Returns a sorted copy; equal items keep their order. Runs in slices, unlike `toSorted`. */
export async function sortInSlices<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  slices: Slices,
): Promise<Item[]> {
  let from: Item[] = []
  for (let at = 0; at < items.length; at += RUN_LENGTH) {
    if (slices.due) await slices.next()
    for (const item of items.slice(at, at + RUN_LENGTH).sort(compare)) from.push(item)
  }
  for (let width = RUN_LENGTH; width < from.length; width *= 2) {
    const to: Item[] = []
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length)
      const end = Math.min(start + 2 * width, from.length)
      let left = start
      let right = middle
      while (left < middle || right < end) {
        const takesLeft = right >= end || (left < middle && compare(from[left] as Item, from[right] as Item) <= 0)
        to.push(from[takesLeft ? left++ : right++] as Item)
        if (to.length % RUN_LENGTH === 0 && slices.due) await slices.next()
      }
    }
    from = to
  }
  return from
}
