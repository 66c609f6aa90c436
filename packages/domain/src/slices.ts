/** Work holds the event loop for about so long, in milliseconds, before anything else has its turn. */
const SLICE_MS = 8

/**
 * All that is worked in slices in this process stands in one line: one slice for each turn of the event loop, however
 * many searches and uploads there are. Else fifty of them would hold it fifty times as long as one.
 */
const line: (() => void)[] = []

function serve(): void {
  const next = line.shift()
  // First, so that work which needs another slice does not ask for the same turn twice.
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
 * Cuts long work into slices, between which the event loop serves sockets, timers and other work of this kind. One for
 * each piece of work. Its first slice, too, is waited for.
 */
export class Slices {
  #end = Number.NEGATIVE_INFINITY

  /** The slice is used up: `await next()` before going on. Cheap enough to be asked every few microseconds. */
  get due(): boolean {
    return performance.now() >= this.#end
  }

  /** Waits for the next slice. */
  async next(): Promise<void> {
    await inLine()
    this.#end = performance.now() + SLICE_MS
  }

  /** Does work that pauses where it may be cut: after a millisecond or so, never later. @returns its result. */
  async run<Result>(work: Iterator<unknown, Result>): Promise<Result> {
    for (;;) {
      if (this.due) await this.next()
      const step = work.next()
      if (step.done) return step.value
    }
  }
}

/** So many items are put in order at once: strings of 64 KB differ in their last bytes only after microseconds. */
const RUN_LENGTH = 128

/** A sorted copy; equal items keep their order. In slices, unlike `toSorted`. */
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
