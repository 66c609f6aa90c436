import { JOB_STATUSES, type JobStatus } from './words.ts'

/** What can be asked for as `key:value` in the search of jobs. */
export const QUERY_KEYS = ['status', 'project', 'runner', 'tag', 'ref', 'sha', 'pipeline'] as const
export type QueryKey = (typeof QUERY_KEYS)[number]

/** A search of jobs as it was typed. */
export interface JobQuery {
  readonly values: Partial<Record<QueryKey, string>>
  /** The words that are no `key:value`. */
  readonly text: string
}

/** A value with spaces stands in double quotes. */
const WORD = /([a-z]+):"([^"]*)"?|\S+/gi
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Splits a search into its words; a quoted value stays together. */
export const queryWords = (typed: string): string[] => typed.match(WORD) ?? []

/** Returns the key and the value of a word, or null when it is another one. */
export function keyedWord(word: string): { readonly key: QueryKey; readonly value: string } | null {
  const colon = word.indexOf(':')
  const key = QUERY_KEYS.find((known) => known === word.slice(0, Math.max(colon, 0)).toLowerCase())
  return key ? { key, value: word.slice(colon + 1).replaceAll('"', '') } : null
}

/** Reads a search. Of several values for a key, the last one counts; a key without a value is left out. */
export function readQuery(typed: string): JobQuery {
  const values: Partial<Record<QueryKey, string>> = {}
  const text: string[] = []
  for (const word of queryWords(typed)) {
    const keyed = keyedWord(word)
    if (!keyed) text.push(word)
    else if (keyed.value !== '') values[keyed.key] = keyed.value
  }
  return { values, text: text.join(' ') }
}

/** Returns the number of a job that was typed as `#34` or `34`; null for other texts. */
export function jobNumber(typed: string): number | null {
  const digits = /^#?([1-9][0-9]{0,9})$/.exec(typed.trim())?.[1]
  const number = Number(digits)
  return digits !== undefined && number < 2 ** 31 ? number : null
}

/** Whether a text is a whole commit. */
export const isCommit = (typed: string): boolean => COMMIT.test(typed)

/** Returns the status that was named in part or as a whole; null when it could be several, or none. */
export function statusNamed(typed: string): JobStatus | null {
  const named = statusesLike(typed)
  return JOB_STATUSES.find((status) => status === spelled(typed)) ?? (named.length === 1 ? (named[0] ?? null) : null)
}

export const statusesLike = (typed: string): JobStatus[] =>
  JOB_STATUSES.filter((status) => status.startsWith(spelled(typed)))

const spelled = (typed: string): string => typed.toLowerCase().replaceAll(/[\s-]/g, '_')

/** Returns a word for a key and a value. */
export const queryWord = (key: QueryKey, value: string): string =>
  /\s/.test(value) ? `${key}:"${value}"` : `${key}:${value}`
