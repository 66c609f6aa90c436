/** The gateway's code for a refusal, or null when there was no answer at all. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('data' in error)) return null
  const { data } = error
  if (typeof data !== 'object' || data === null || !('code' in data)) return null
  return typeof data.code === 'string' ? data.code : null
}

/** What to tell a person. */
export function sentenceOf(error: unknown): string {
  if (codeOf(error) === null) return 'The server does not answer. Check the connection, then try again.'
  if (codeOf(error) === 'UNAUTHORIZED') return 'Your session has ended. Sign in, then try again.'
  return error instanceof Error ? error.message : String(error)
}

/** A refusal by form field; `rest` is what belongs to none of them. */
export interface Complaints {
  readonly fields: Readonly<Record<string, string>>
  readonly rest: string | null
}

export const NO_COMPLAINTS: Complaints = { fields: {}, rest: null }

/**
 * The gateway names fields as `field: sentence; field: sentence`, with paths like `definition.image.name` or
 * `variables[2].key`. Each goes to the longest of `known` that its path begins with.
 */
export function complaintsOf(error: unknown, known: readonly string[]): Complaints {
  if (!error) return NO_COMPLAINTS
  const fields: Record<string, string> = {}
  const rest: string[] = []
  let last: string | undefined
  for (const part of sentenceOf(error).split(/; (?=[\w.[\]]+: )/)) {
    const [, path, sentence] = /^([\w.[\]]+): ([\s\S]*)$/.exec(part) ?? []
    const field = path === undefined ? undefined : owner(path.replace(/^definition\./, ''), known)
    if (field !== undefined && sentence !== undefined) {
      fields[field] = fields[field] ? `${fields[field]}; ${sentence}` : sentence
      last = field
      // `script: found nothing; allowed: commands` goes on.
    } else if (last !== undefined) fields[last] = `${fields[last]}; ${part}`
    else rest.push(part)
  }
  return { fields, rest: rest.length > 0 ? rest.join('; ') : null }
}

function owner(path: string, known: readonly string[]): string | undefined {
  return known
    .filter((field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`))
    .sort((a, b) => b.length - a.length)[0]
}
