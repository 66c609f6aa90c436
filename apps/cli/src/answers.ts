import { serverFailure } from './failure.ts'

type Kind = 'number' | 'string' | 'boolean' | 'list' | 'number?' | 'string?' | 'boolean?'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isKind(value: unknown, kind: Kind): boolean {
  if (kind.endsWith('?')) return value === null || value === undefined || typeof value === kind.slice(0, -1)
  if (kind === 'list') return Array.isArray(value)
  return typeof value === kind && (kind !== 'number' || Number.isFinite(value))
}

/** The error for an answer that no Yardmaster sends: another program, or a release that does not fit. */
export const unexpectedAnswer = (detail: string) =>
  serverFailure(
    `The server's answer is not one of Yardmaster: ${detail}.`,
    'Check the address: yardmaster context verify',
  )

/**
 * Checks the members of an answer that a verb relies on, so that another program at the address, or another release, is
 * reported as that. Types say what the server should send; this proves it.
 *
 * @throws Failure when it is something else.
 */
export function checked<T>(value: T, kinds: Readonly<Record<string, Kind>>): T {
  if (!isObject(value)) throw unexpectedAnswer('an object is missing')
  for (const [name, kind] of Object.entries(kinds)) {
    if (!isKind(value[name], kind)) throw unexpectedAnswer(`${name} is missing or of another type`)
  }
  return value
}

/** As `checked`, for a list of them. */
export function checkedList<T>(value: readonly T[], kinds: Readonly<Record<string, Kind>>): readonly T[] {
  if (!Array.isArray(value)) throw unexpectedAnswer('a list is missing')
  return value.map((item) => checked(item as T, kinds))
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** As `checked`, for a page of a list. */
export function checkedPage<T>(value: Page<T>, kinds: Readonly<Record<string, Kind>>): Page<T> {
  checked(value, { items: 'list', nextCursor: 'string?' })
  return { items: checkedList(value.items, kinds), nextCursor: value.nextCursor ?? null }
}

export const JOB = { id: 'number', name: 'string', status: 'string', stage: 'string' } as const
export const PIPELINE = { id: 'number', status: 'string', ref: 'string', stages: 'list' } as const
export const RUNNER = { id: 'number', status: 'string', runnerType: 'string', paused: 'boolean' } as const
