/** The longest duration. A present date plus this stays before the year 9999, the last that ISO 8601 can spell. */
const MAX_SECONDS = 7000 * 31_557_600

const DAY = 86_400
const UNITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    's sec secs second seconds': 1,
    'm min mins minute minutes': 60,
    'h hr hrs hour hours': 3600,
    'd dy day days': DAY,
    'w wk wks week weeks': 7 * DAY,
    'mo mos month months': 30 * DAY,
    'y yr yrs year years': 31_557_600,
  }).flatMap(([spellings, seconds]) => spellings.split(' ').map((spelling) => [spelling, seconds] as const)),
)
const IGNORED_WORDS: ReadonlySet<string> = new Set(['and', 'with', 'plus'])

const CLOCK = /^\d+(?::\d+){1,5}(?:\.\d+)?$/
/** From right to left: seconds, minutes, hours, days, months, years. There is no place for weeks. */
const CLOCK_UNITS = [1, 60, 3600, DAY, 30 * DAY, 31_557_600]

const SMALL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, value) => [word, value] as const),
  ...'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, 20 + 10 * index] as const),
])
const SCALES: ReadonlyMap<string, number> = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
])

/**
 * Parses a duration as written in `expire_in`: `1h 30m`, `3:41:59`, `two weeks and 3 days`, `42`.
 *
 * @returns seconds, possibly fractional, never negative; 0 when the text adds up to nothing or is empty; `never` for
 * that word; null when the text is invalid or exceeds the range of dates.
 * @see `docs/protocol/artifacts.md 8.1`
 */
export function parseDuration(text: string): number | 'never' | null {
  const lower = text.toLowerCase().trim()
  if (lower === 'never') return 'never'
  const unspaced = lower.replaceAll(' ', '')
  const seconds = CLOCK.test(unspaced) ? clockSeconds(unspaced) : listSeconds(lower)
  return seconds !== null && seconds <= MAX_SECONDS ? seconds : null
}

/**
 * Parses the value of `expire_in`: seconds until the artifacts expire, or `never` (also for 0 and an empty text); null
 * when invalid.
 *
 * @see `docs/protocol/artifacts.md 8.1`
 */
export function parseExpiry(text: string): number | 'never' | null {
  const duration = parseDuration(text)
  return duration === 0 ? 'never' : duration
}

function clockSeconds(clock: string): number {
  return clock
    .split(':')
    .reverse()
    .reduce((sum, part, index) => sum + Number(part) * (CLOCK_UNITS[index] ?? 0), 0)
}

type Token = { readonly kind: 'number' | 'unit'; readonly value: number }

function listSeconds(text: string): number | null {
  const tokens = readTokens(text)
  if (tokens === null) return null
  let seconds = tokens[0]?.kind === 'unit' ? tokens[0].value : 0
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'unit') continue
    const next = tokens[index + 1]
    // A number followed by another number counts as nothing; the last one counts as seconds.
    if (next?.kind === 'unit') seconds += token.value * next.value
    else if (next === undefined) seconds += token.value
  }
  return seconds
}

/** Returns numbers and units in order, or null when the text has anything else. */
function readTokens(text: string): Token[] | null {
  const pieces = readPieces(text)
  if (pieces === null) return null
  const tokens: Token[] = []
  let index = 0
  while (index < pieces.length) {
    const piece = pieces[index] ?? ''
    const spelled = readNumber(pieces, index)
    if (spelled) {
      tokens.push({ kind: 'number', value: spelled.value })
      index = spelled.end
      continue
    }
    index += 1
    if (IGNORED_WORDS.has(piece)) continue
    // Next to words a comma means nothing, but `1,000 days` must not be read as another number than it says.
    if (piece === ',' && tokens.at(-1)?.kind !== 'number') continue
    const unit = UNITS.get(piece)
    if (unit === undefined) return null
    tokens.push({ kind: 'unit', value: unit })
  }
  return tokens
}

/** Returns digits, words and commas, or null at any other character. Looks at each character once. */
function readPieces(text: string): string[] | null {
  const piece = /\s+|(\d+(?:\.\d+)?|\.\d+|[a-z]+|,)(?:(?<=[a-z])-(?=[a-z]))?/y
  const pieces: string[] = []
  while (piece.lastIndex < text.length) {
    const found = piece.exec(text)
    if (found === null) return null
    if (found[1] !== undefined) pieces.push(found[1])
  }
  return pieces
}

/**
 * Reads a number in digits or English words, with all pieces that belong to it: `3`, `two hundred and five`, `2
 * thousand`.
 */
function readNumber(pieces: readonly string[], start: number): { value: number; end: number } | null {
  const first = pieces[start] ?? ''
  const digits = /^[\d.]/.test(first) ? Number(first) : null
  if (digits === null && !SMALL_NUMBERS.has(first) && !SCALES.has(first)) return null

  let total = 0
  let current = digits ?? 0
  let index = digits === null ? start : start + 1
  for (; index < pieces.length; index += 1) {
    const joined = pieces[index] === 'and' && (total > 0 || current >= 100)
    const word = pieces[joined ? index + 1 : index] ?? ''
    const small = SMALL_NUMBERS.get(word)
    const scale = SCALES.get(word)
    if (small !== undefined) {
      // `five two` are two numbers, `twenty five` and `two hundred twelve` are one; no word continues a number in
      // digits.
      if (index > start && !takes(current, small, digits !== null)) break
      current += small
    } else if (scale !== undefined && !joined) {
      const scaled = (index === start ? 1 : current) * scale
      if (scale === 100) current = scaled
      else {
        total += scaled
        current = 0
      }
    } else break
    if (joined) index += 1
  }
  return { value: total + current, end: index }
}

function takes(current: number, small: number, afterDigits: boolean): boolean {
  if (afterDigits && current < 100) return false
  if (current % 100 === 0) return true
  return small > 0 && small < 10 && current % 100 >= 20 && current % 10 === 0
}
