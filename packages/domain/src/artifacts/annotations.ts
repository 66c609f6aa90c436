import type { ArtifactInvalid } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { readMembers } from './gzip-members.ts'
import { reportText } from './report-text.ts'

/** Uploaded bytes. */
export const ANNOTATIONS_BYTES = 81_920
const UNPACKED_BYTES = 4_194_304
const MOST_LISTS = 20
/** The database gives up on JSON that nests some thousand levels deep. */
const DEEPEST = 100

/**
 * What an annotations report says: list name → list. A name that comes again, also in another file, replaces the list
 * that came before.
 *
 * @param bytes - as uploaded; null: too many to have been kept.
 * @returns `artifact_invalid` with the reference's sentence.
 * @see `artifacts.md` 10
 */
export function parseAnnotations(bytes: Uint8Array | null): Result<Record<string, unknown>, ArtifactInvalid> {
  if (bytes === null || bytes.length > ANNOTATIONS_BYTES) {
    return invalid(`Annotations Artifact Too Big. Maximum Allowable Size: ${ANNOTATIONS_BYTES}`)
  }
  const members = readMembers(bytes, UNPACKED_BYTES)
  if (members === 'damaged') return invalid('Invalid Format')
  if (members === 'too_large') return invalid(`Annotations Artifact Too Big. Maximum Unpacked Size: ${UNPACKED_BYTES}`)

  const lists: [string, unknown][] = []
  for (const member of members) {
    const content = parseObject(reportText(member))
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
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return null
    return nestsDeeper(content, DEEPEST) ? null : Object.entries(content)
  } catch {
    return null
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => nestsDeeper(member, levels - 1))
}
