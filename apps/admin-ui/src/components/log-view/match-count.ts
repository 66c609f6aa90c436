import type { TraceSearch } from '../../lib/api.ts'

/** The lines `line` … `line + lines - 1`, of which `count` have a match. */
export interface Bucket {
  readonly line: number
  readonly lines: number
  readonly count: number
}

/** Where a search has found matches so far. */
export class MatchCount {
  /** How many lines have a match. */
  lines = 0
  /** In order, without empty ones. */
  buckets: readonly Bucket[] = []
  /** The last line that was searched. */
  searchedTo = 0
  /** Whether the time limit was reached before the end. */
  timedOut = false

  /** Adds the results from `searchedTo + 1` on. */
  add({ count, buckets, bucketLines, searchedTo, timedOut }: TraceSearch): void {
    this.lines += count
    this.buckets = [...this.buckets, ...buckets.map((bucket) => ({ ...bucket, lines: bucketLines }))]
    this.searchedTo = Math.max(this.searchedTo, searchedTo)
    this.timedOut = timedOut
  }

  /**
   * Returns how many lines have a match before the bucket of a line with one, and that bucket; null when it was not
   * counted yet.
   */
  placeOf(line: number): { readonly before: number; readonly bucket: Bucket } | null {
    let before = 0
    for (const bucket of this.buckets) {
      if (bucket.line <= line && line < bucket.line + bucket.lines) return { before, bucket }
      before += bucket.count
    }
    return null
  }

  /** Returns the buckets that begin at or before this line, last one first. */
  before(line: number): Bucket[] {
    return this.buckets.filter((bucket) => bucket.line <= line).reverse()
  }
}
