import { err, ok, type Result } from '@yardmaster/common'
import type { ArtifactInvalid } from '../errors.ts'
import { measureJson } from '../json-shape.ts'
import { Slices } from '../slices.ts'
import { readMembers } from './formats/gzip-members.ts'
import { reportText } from './report-text.ts'

/** Most bytes as uploaded. */
export const ANNOTATIONS_BYTES = 81_920
const UNPACKED_BYTES = 1_048_576
/** About ten thousand links. More would keep the parser and the database busy for too long. */
const MOST_VALUES = 65_536
const MOST_LISTS = 20
/** PostgreSQL rejects JSON that is nested some thousand levels deep. */
const DEEPEST = 100

/**
 * Parses an annotations report: list name → list. A later list replaces an earlier one of the same name, also across
 * files.
 *
 * @param bytes - as uploaded; null when there were too many to keep.
 * @returns `artifact_invalid` with the reference's message.
 * @see `docs/protocol/artifacts.md 10`
 */
export async function parseAnnotations(
  bytes: Uint8Array | null,
): Promise<Result<Record<string, unknown>, ArtifactInvalid>> {
  if (bytes === null || bytes.length > ANNOTATIONS_BYTES) {
    return invalid(`Annotations Artifact Too Big. Maximum Allowable Size: ${ANNOTATIONS_BYTES}`)
  }
  const members = await readMembers(bytes, UNPACKED_BYTES)
  if (members === 'damaged') return invalid('Invalid Format')
  if (members === 'too_large') return invalid(`Annotations Artifact Too Big. Maximum Unpacked Size: ${UNPACKED_BYTES}`)

  const slices = new Slices()
  const lists: [string, unknown][] = []
  let left = MOST_VALUES
  for (const member of members) {
    if (slices.due) await slices.next()
    const text = reportText(member)
    // `JSON.parse` runs in one piece, so it never gets input that is unreasonable and would take long.
    const { depth, values } = await slices.run(measureJson(text))
    left -= values
    if (left < 0) return invalid(`Annotations Artifact Too Big. Maximum Number of Values: ${MOST_VALUES}`)
    const content = depth > DEEPEST ? null : parseObject(text)
    if (!content) return invalid('Annotations files must be a JSON object')
    if (lists.length + content.length > MOST_LISTS)
      return invalid(`Annotations files cannot have more than ${MOST_LISTS} annotation lists`)
    lists.push(...content)
  }
  // Not by assignment: a list may be called `__proto__`.
  return ok(Object.fromEntries(lists))
}

const invalid = (reason: string): { ok: false; error: ArtifactInvalid } => err({ kind: 'artifact_invalid', reason })

function parseObject(text: string): [string, unknown][] | null {
  try {
    const content: unknown = JSON.parse(text)
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? Object.entries(content) : null
  } catch {
    return null
  }
}
