import type { Variable } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid } from '../errors.ts'
import { Slices } from '../slices.ts'
import { readMembers } from './formats/gzip-members.ts'
import { reportText } from './report-text.ts'

/** The uploaded bytes must stay below this. */
export const DOTENV_BYTES = 5120
/** Most bytes when unpacked. Five kilobytes of real variables unpack to far less. */
const UNPACKED_BYTES = 1_048_576
const MOST_VARIABLES = 20
const LONGEST_KEY = 255

/**
 * Parses the variables of a dotenv report; each key occurs once.
 *
 * @param bytes - as uploaded; null when there were too many to keep.
 * @param taken - keys that the job already has.
 * @returns `artifact_invalid` with the reference's message.
 * @see `docs/protocol/artifacts.md 9`
 */
export async function parseDotenv(
  bytes: Uint8Array | null,
  taken: ReadonlySet<string> = new Set(),
): Promise<Result<readonly Variable[], ArtifactInvalid>> {
  if (bytes === null || bytes.length >= DOTENV_BYTES) {
    return invalid(`Dotenv Artifact Too Big. Maximum Allowable Size: ${DOTENV_BYTES}`)
  }
  const members = await readMembers(bytes, UNPACKED_BYTES)
  if (members === 'damaged') return invalid('Invalid Format')
  if (members === 'too_large') return invalid(`Dotenv Artifact Too Big. Maximum Unpacked Size: ${UNPACKED_BYTES}`)

  const slices = new Slices()
  const values = new Map<string, string>()
  for (const member of members) {
    if (slices.due) await slices.next()
    for (const line of linesOf(reportText(member))) {
      if (slices.due) await slices.next()
      const pair = splitLine(line)
      if (!pair) return invalid('Invalid Format')
      values.set(pair.key, pair.value)
    }
  }
  if (values.size > MOST_VARIABLES) return invalid(`Dotenv files cannot have more than ${MOST_VARIABLES} variables`)
  for (const key of values.keys()) {
    const problems = problemsOf(key, taken)
    if (problems.length > 0) return invalid(`Validation failed: ${problems.join(', ')}`)
  }
  return ok([...values].map(([key, value]) => ({ key, value })))
}

const invalid = (reason: string): { ok: false; error: ArtifactInvalid } => err({ kind: 'artifact_invalid', reason })

/** Yields one line at a time: there may be a million. A line break at the end does not start another line. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    yield end === -1 ? text.slice(start) : text.slice(start, end)
    if (end === -1) return
    start = end + 1
  }
}

function splitLine(line: string): { key: string; value: string } | null {
  const equals = line.indexOf('=')
  // An environment variable can't contain NUL: it would break the jobs that get it.
  if (equals === -1 || line.includes('\0')) return null
  return { key: strip(line.slice(0, equals)), value: strip(line.slice(equals + 1)) }
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/**
 * Strips only ASCII blanks, unlike `trim`. Written by hand: a regular expression would take quadratic time in a long
 * run.
 */
function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function problemsOf(key: string, taken: ReadonlySet<string>): string[] {
  const problems: string[] = []
  if (key === '') return ["Key can't be blank"]
  if (key.length > LONGEST_KEY) problems.push(`Key is too long (maximum is ${LONGEST_KEY} characters)`)
  if (!/^\w+$/.test(key)) problems.push("Key can contain only letters, digits and '_'.")
  if (taken.has(key)) problems.push('Key has already been taken')
  return problems
}
