import { isTRPCClientError } from '@trpc/client'
import type { AppRouter } from '@yardmaster/gateway/api'

/** Returns the data of a refusal beside its sentence, or null when there was no answer at all. */
const dataOf = (error: unknown) => (isTRPCClientError<AppRouter>(error) ? (error.data ?? null) : null)

/** Returns the gateway's code for a refusal, or null when there was no answer at all. */
export const codeOf = (error: unknown): string | null => dataOf(error)?.code ?? null

/** Returns the sentence to show to the user. */
export function sentenceOf(error: unknown): string {
  if (codeOf(error) === null) return 'The server is not responding. Check the connection, then try again.'
  if (codeOf(error) === 'UNAUTHORIZED') return 'Your session has ended. Sign in, then try again.'
  return error instanceof Error ? error.message : String(error)
}

/** Returns what is wrong with the field at `path`, or the sentence when something else is wrong. */
export function faultOf(error: unknown, path: string): string {
  return dataOf(error)?.refusal.fields.find((field) => field.path === path)?.message ?? sentenceOf(error)
}

/** A refusal by form field; `rest` is what does not belong to any field. */
export interface Complaints {
  readonly fields: Readonly<Record<string, string>>
  readonly rest: string | null
}

export const NO_COMPLAINTS: Complaints = { fields: {}, rest: null }

/**
 * Returns a refusal by form field: each fault, with a path like `definition.image.name` or `variables[2].key`, goes to
 * the longest of `known` that its path begins with. A refusal that names no field is the sentence alone.
 */
export function complaintsOf(error: unknown, known: readonly string[]): Complaints {
  if (!error) return NO_COMPLAINTS
  const faults = dataOf(error)?.refusal.fields ?? []
  if (faults.length === 0) return { fields: {}, rest: sentenceOf(error) }
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const { path, message } of faults) {
    const field = owner(path, known)
    if (field === undefined) rest.push(path === '' ? message : `${path}: ${message}`)
    else fields[field] = fields[field] ? `${fields[field]}; ${message}` : message
  }
  return { fields, rest: rest.length > 0 ? rest.join('; ') : null }
}

function owner(path: string, known: readonly string[]): string | undefined {
  return known
    .filter((field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`))
    .sort((a, b) => b.length - a.length)[0]
}
