import { type Line, plainText, spansAreRed } from './line.ts'

/** What a line reports, by its words; `red` when only its colour says so. */
export type Severity = 'error' | 'warning' | 'red'

/** In UTF-16 units: what comes after them in a line says nothing about its severity. */
export const SEVERITY_TEXT = 1_000

interface Form {
  readonly severity: 'error' | 'warning'
  readonly pattern: RegExp
}

/**
 * Forms at the start of a line, behind at most `MOST_LABELS` labels. The patterns are sticky, and none repeats a group
 * that repeats, so that a line costs time in proportion to its length.
 */
const AT_START: readonly Form[] = [
  // Compilers, shells, Git, Docker, Terraform, Ansible: `error: `, `error[E0308]: `, `fatal: `, `Error: `.
  {
    severity: 'error',
    pattern: /(?:fatal[ -]error|fatal|error)(?:\[\w{1,20}\])?(?: [A-Z]{1,6}\d{1,6})?\s?:(?=\s|$)/iy,
  },
  // Exceptions: `TypeError: `, `java.lang.IllegalStateException: `, `pkg.Error: `.
  { severity: 'error', pattern: /[\w.$]{0,200}(?:Error|Exception)(?: \[\w{1,60}\])?(?::(?=\s|$)|$)/y },
  { severity: 'error', pattern: /(?:Exception in thread |Unhandled (?:exception|rejection)|Uncaught )/iy },
  { severity: 'error', pattern: /(?:\.\.\. \d+ more|Caused by: )/y },
  { severity: 'error', pattern: /Traceback \(most recent call last\):/y },
  { severity: 'error', pattern: /panic: |thread '[^']{0,200}' (?:\(\d{1,20}\) )?panicked at /y },
  // Docker, yarn and webpack without a colon: `Error response from daemon`, `error Command failed`, `ERROR in ./src`.
  {
    severity: 'error',
    pattern:
      /Error response from daemon|Error from server|CMake Error|error (?:Command failed|An unexpected error)|ERROR in /y,
  },
  { severity: 'error', pattern: /npm (?:ERR!|error) |ERR_PNPM_\w{1,60}/y },
  { severity: 'error', pattern: /g?make(?:\[\d{1,4}\])?: \*\*\* |\*\*\* \[|ninja: build stopped/y },
  { severity: 'error', pattern: /ERR!|##\[error\]|::error[ :]/y },
  // Test tools: pytest, Jest, Go, PHPUnit, Gradle, Maven, GoogleTest.
  {
    severity: 'error',
    pattern: /--- FAIL: |FAIL(?=[\s:]|$)|FAILED(?=[\s:!]|$)|FAILURES!|E {3}(?=\S)|●(?= .{1,300} › )/y,
  },
  { severity: 'error', pattern: /BUILD FAIL(?:ED|URE)\b|FAILURE: Build failed/y },
  // TAP, but not what is to be done or was skipped.
  { severity: 'error', pattern: /not ok\b(?!.*# (?:todo|skip))/iy },
  { severity: 'error', pattern: /[✗✘✖×❌](?=\s|$)/y },
  {
    severity: 'error',
    pattern: /(?:Killed|Terminated|Aborted|Segmentation fault|Bus error|Out of memory)(?: \(core dumped\))?$/y,
  },
  // APT.
  { severity: 'error', pattern: /E: (?=\S)/y },
  { severity: 'warning', pattern: /W: (?=\S)|CMake Warning/y },
  // klog.
  { severity: 'error', pattern: /[EF]\d{4} \d\d:\d\d:\d\d\.\d/y },
  { severity: 'warning', pattern: /W\d{4} \d\d:\d\d:\d\d\.\d/y },
  { severity: 'warning', pattern: /warn(?:ing)?(?:\[[\w-]{1,60}\])?(?: [A-Z]{1,6}\d{1,6})?\s?:(?=\s|$)/iy },
  { severity: 'warning', pattern: /[\w.$]{0,200}Warning:(?=\s|$)/y },
  { severity: 'warning', pattern: /npm (?:WARN|warn) |warning (?=[A-Z"'.])|##\[warning\]|::warning[ :]|⚠/y },
  // Levels of loggers, with or without brackets.
  { severity: 'error', pattern: /\[?(?:ERROR|FATAL|CRITICAL|SEVERE|EMERG|ALERT)\]?(?=[\s:!|]|$)/y },
  { severity: 'error', pattern: /\[(?:error|fatal|critical|err)\](?=[\s:]|$)/iy },
  { severity: 'warning', pattern: /\[?(?:WARN|WARNING)\]?(?=[\s:!|]|$)/y },
  { severity: 'warning', pattern: /\[(?:warn|warning)\](?=[\s:]|$)/iy },
]

/** Forms anywhere in a line, which name what happened or where. */
const ANYWHERE: readonly Form[] = [
  // `src/main.c:12:3: error: `, `src/a.ts(3,5): error TS2304: `, `src/a.ts:3:5 - error TS2304: `.
  {
    severity: 'error',
    pattern: /(?::\d{1,9}:?|\(\d{1,9}(?:,\d{1,9})?\)\s?:|\d - )\s?(?:fatal |internal compiler )?error\b/i,
  },
  { severity: 'warning', pattern: /(?::\d{1,9}:?|\(\d{1,9}(?:,\d{1,9})?\)\s?:|\d - )\s?warning\b/i },
  // Linkers and loaders: `main.c:(.text+0x5): undefined reference to `, `undefined symbol: `, `cannot find -l`.
  {
    severity: 'error',
    pattern:
      /(?:^|: )(?:(?:more )?undefined references? to |undefined symbol(?:: |s for architecture )|multiple definition of |cannot find -l)/i,
  },
  // The Go compiler: `./main.go:3:5: undefined: `.
  { severity: 'error', pattern: /:\d{1,9}:\d{1,9}: undefined: / },
  // ESLint's stylish form: `  3:7  error  …`.
  { severity: 'error', pattern: /^\s{1,8}\d{1,9}:\d{1,9} {1,8}error {1,8}\S/ },
  { severity: 'warning', pattern: /^\s{1,8}\d{1,9}:\d{1,9} {1,8}warning {1,8}\S/ },
  // Structured logs.
  { severity: 'error', pattern: /\b(?:level|lvl|severity)"?\s?[=:]\s?"?(?:error|err|fatal|panic|critical)\b/i },
  { severity: 'warning', pattern: /\b(?:level|lvl|severity)"?\s?[=:]\s?"?warn(?:ing)?\b/i },
  // What a shell or the kernel says, at the end of the line.
  {
    severity: 'error',
    pattern:
      /: (?:command not found|not found|No such file or directory|Permission denied|Is a directory|Syntax error\b.{0,200})$/,
  },
  { severity: 'error', pattern: /\(core dumped\)|AddressSanitizer: / },
  {
    severity: 'error',
    pattern: /\breturned a non-zero code: |\bexited with (?:code|status) [1-9]|returned error: [45]\d\d/i,
  },
  // Sums of test tools: `Tests: 1 failed, 2 passed`, `3 failing`, `Failures: 2`, `test result: FAILED`.
  {
    severity: 'error',
    pattern:
      /(?:^|[\s(=:,])[1-9]\d{0,8} (?:tests? |specs? |suites? |checks? )?(?:failed|failing|failures?|errors?)\b(?! ?(?:=|:) ?0)/i,
  },
  { severity: 'error', pattern: /\b(?:Failures|Errors|Failed): ?[1-9]/ },
  { severity: 'error', pattern: /test result: FAILED|> Task \S{1,200} FAILED|\[ {2}FAILED {2}\]/ },
]

/**
 * A line without one of these words, signs or ends fits no form. Most lines have none; V8 is several times slower when an
 * expression has more alternatives than the first one.
 */
const WORD = /err|fail|fatal|warn|exce|traceb|panic|crit|undef/i
const SIGN =
  /^(?:[EFW]\d{4} |[EW]: |E {3}|[\s│]*(?:g?make|ninja|\*\*\*|not ok|Killed|Terminated|Aborted|Segmentation|Bus|[✗✘✖×❌⚠●]|Caused by|Uncaught|Unhandled|CMake|\.\.\. |Out of)|[\w./-]{0,60}ld: )/i
const END = /(?:not found|or directory|a directory|denied|\(core dumped\)|(?:code:?|status) \d{1,5})$/i
const LONGEST_END = 20

const MOST_LABELS = 5
/** What may stand before a form: a time, a name with a colon, text in brackets, arrows and frames. */
const LABEL =
  /(?:\d{4}-\d\d-\d\dT?|#?[\d:.,+TZ/-]{1,40}|\[[^\]]{0,60}\]|\([^)]{0,60}\)|\S{1,200}:|[A-Z]{1,20} :|[│╷╵|>❯➤*+-]{1,3}|=>|-->|at)(?=\s|$)\s{0,60}/y
const BLANKS = /[\s│╷╵|]*/y

/**
 * Returns what the words of a line report; null for most lines. Only the first `SEVERITY_TEXT` units count.
 *
 * The forms are those of common compilers, test tools, package managers, shells and loggers.
 */
export function severityOfText(text: string): 'error' | 'warning' | null {
  const start = text.length > SEVERITY_TEXT ? text.slice(0, SEVERITY_TEXT) : text
  if (!WORD.test(start) && !SIGN.test(start) && !END.test(start.slice(-LONGEST_END))) return null
  return atStart(start) ?? ANYWHERE.find(({ pattern }) => pattern.test(start))?.severity ?? null
}

function atStart(text: string): 'error' | 'warning' | null {
  let at = skip(BLANKS, text, 0)
  for (let labels = 0; labels <= MOST_LABELS; labels++) {
    for (const { severity, pattern } of AT_START) {
      pattern.lastIndex = at
      if (pattern.test(text)) return severity
    }
    const next = skip(LABEL, text, at)
    if (next === at) return null
    at = next
  }
  return null
}

function skip(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : at
}

/** Returns what a line reports, by its words or else by its colour; null for most lines. */
export const severityOf = (line: Pick<Line, 'spans'>): Severity | null =>
  severityOfText(plainText(line)) ?? (spansAreRed(line.spans) ? 'red' : null)
