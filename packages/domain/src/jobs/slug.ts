const MAX_CHARACTERS = 63

/**
 * Returns text in lower case, with a dash for each character outside `a-z0-9`, at most 63 characters long and without
 * dashes at the ends (`docs/protocol/job-request.md 11`).
 */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]/gu, '-')
    .slice(0, MAX_CHARACTERS)
    .replace(/^-+|-+$/g, '')

/** Only this many characters at the end are searched for an index; real indexes are shorter. */
const LOOKED_AT = 255

/** Returns a job's name without a trailing index such as ` 1/3` or ` [x, y]`. */
export function groupName(name: string): string {
  const end = name.slice(-LOOKED_AT)
  const group = end.replace(/[\s:]+(?:\[.*\]|\d+[\s:/\\]+\d+)\s*$/, '')
  return group === '' ? name : name.slice(0, -LOOKED_AT) + group
}
