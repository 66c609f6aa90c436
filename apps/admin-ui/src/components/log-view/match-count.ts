import type { TraceSearch } from '../../lib/api.ts'

/** Lines `line` … `line + lines - 1` of which `count` have a match. */
export interface Bucket {
  readonly line: number
  readonly lines: number
  readonly count: number
}

/** Where a search has matches, as far as it got. */
export class MatchCount {
  /** How many lines have a match. */
  lines = 0
  /** In order; empty ones are left out. */
  buckets: readonly Bucket[] = []
  /** The last line that was searched. */
  searchedTo = 0
  /** Time was up before the end. */
  timedOut = false

  /** Takes in what was found from `searchedTo + 1` on. */
  add({ count, buckets, bucketLines, searchedTo, timedOut }: TraceSearch): void {
    this.lines += count
    this.buckets = [...this.buckets, ...buckets.map((bucket) => ({ ...bucket, lines: bucketLines }))]
    this.searchedTo = Math.max(this.searchedTo, searchedTo)
    this.timedOut = timedOut
  }

  /** Buckets with a line up to this one, the last one first. */
  before(line: number): Bucket[] {
    return this.buckets.filter((bucket) => bucket.line <= line).reverse()
  }
}
