import { RE2JS } from 're2js'
import { MOST_MATCHES_PER_LINE, type TextMatch, type TextPattern, toEnd } from './text-match.ts'

/** Most instructions of a compiled pattern: nested counts can make a short one grow without bounds. */
const MOST_INSTRUCTIONS = 4_096
/** Work done without a pause: instructions times characters. Some ten milliseconds. */
const STEPS_AT_ONCE = 1_048_576
/**
 * Lines too long for that are searched in parts that overlap by this much, so that shorter matches on a seam are found.
 */
const OVERLAP = 1_024
/** Searching a long line ends after this many ms and returns what was found: many matches may take quadratic time. */
const LINE_MS = 100

/**
 * Compiles a regular expression in RE2's syntax. It has no back references and no look-around; in return the time is
 * linear in the text, whatever the pattern. `^` and `$` are the line's ends.
 *
 * @returns the problem when the pattern is invalid.
 */
export function regularPattern(query: string, caseSensitive: boolean): TextPattern | { readonly problem: string } {
  try {
    const compiled = RE2JS.compile(query, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE)
    const size = compiled.programSize()
    if (size > MOST_INSTRUCTIONS) return { problem: 'the pattern is too large' }
    return searching(compiled, size)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

function searching(compiled: RE2JS, size: number): TextPattern {
  const longest = Math.max(4 * OVERLAP, Math.floor(STEPS_AT_ONCE / size))
  /** Yields the parts of a line to search, as long as the time allowance lasts. */
  function* parts(text: string, time: Allowance): Generator<{ part: string; from: number }> {
    for (let from = 0; ; from += longest - OVERLAP) {
      const part = text.length <= longest ? text : text.slice(from, from + longest)
      yield { part, from }
      time.spend(part.length * size)
      if (from + longest >= text.length || time.isUsedUp) return
    }
  }
  function* findInSteps(text: string, most: number): Generator<void, TextMatch[]> {
    const matches: TextMatch[] = []
    const time = new Allowance()
    for (const { part, from } of parts(text, time)) {
      // `test` alone runs on the fast engine, and most lines fail it.
      if (compiled.test(part))
        yield* collect(compiled.matcher(part), { from, most, time, steps: part.length * size }, matches)
      if (matches.length >= most) break
      yield* time.pause()
    }
    return matches
  }
  return {
    find: (text, most) => toEnd(findInSteps(text, most)),
    test: (text) =>
      text.length <= longest
        ? compiled.test(text)
        : parts(text, new Allowance()).some(({ part }) => compiled.test(part)),
    findInSteps,
    // Each of the listed matches may require a scan of the whole.
    stepLength: Math.floor(longest / MOST_MATCHES_PER_LINE),
  }
}

interface CpuTime {
  readonly user: number
  readonly system: number
}

const { process: host } = globalThis as { process?: { threadCpuUsage?(): CpuTime } }

/** CPU time of this thread in milliseconds, or wall-clock time where that is unknown, as in browsers. */
function busyMs(): number {
  if (!host?.threadCpuUsage) return performance.now()
  const { user, system } = host.threadCpuUsage()
  return (user + system) / 1000
}

/**
 * The time allowed for one line. Other work during a pause does not count. The clock may count time in which a busy
 * machine ran something else, so a line that takes little work in the worst case is always searched to its end.
 */
class Allowance {
  #left = LINE_MS
  #since = busyMs()
  #steps = 0

  get isUsedUp(): boolean {
    return this.#steps > STEPS_AT_ONCE && busyMs() - this.#since > this.#left
  }

  /** Counts work that was done, at most this many steps. */
  spend(steps: number): void {
    this.#steps += steps
  }

  *pause(): Generator<void> {
    this.#left -= busyMs() - this.#since
    yield
    this.#since = busyMs()
  }
}

function* collect(
  matcher: ReturnType<RE2JS['matcher']>,
  { from, most, time, steps }: { from: number; most: number; time: Allowance; steps: number },
  matches: TextMatch[],
): Generator<void> {
  let empty: TextMatch | null = null
  while (matches.length < most && matcher.find()) {
    const match = { start: from + matcher.start(), end: from + matcher.end() }
    if (match.end === match.start) empty ??= match
    else if (match.start >= (matches.at(-1)?.end ?? 0)) matches.push(match)
    time.spend(steps)
    if (time.isUsedUp) break
    yield* time.pause()
  }
  // `^$` finds empty lines; `x*` matches everywhere, so only its visible matches count.
  if (empty && matches.length === 0 && from === 0) matches.push(empty)
}
