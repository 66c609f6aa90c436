const MAX_CHARACTERS = 63

/**
 * Lower case, everything outside `a-z0-9` a dash, at most 63 characters, no dash at the ends
 * (`docs/protocol/job-request.md 11`).
 */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]/gu, '-')
    .slice(0, MAX_CHARACTERS)
    .replace(/^-+|-+$/g, '')

/** Longer names than this have no index that anybody would have written. */
const LOOKED_AT = 255

/** A job's name without a trailing index such as ` 1/3` or ` [x, y]`. */
export function groupName(name: string): string {
  const end = name.slice(-LOOKED_AT)
  const group = end.replace(/[\s:]+(?:\[.*\]|\d+[\s:/\\]+\d+)\s*$/, '')
  return group === '' ? name : name.slice(0, -LOOKED_AT) + group
}
