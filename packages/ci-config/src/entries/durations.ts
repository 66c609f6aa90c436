import { parseDuration } from '../duration.ts'
import type { Value } from '../yaml/tree.ts'
import type { OwnFaults } from './own-faults.ts'

const WEEK = 7 * 86_400
/** A twelfth of an average year. */
const MONTH = 2_629_746

export const START_LIMIT = WEEK
export const TIMEOUT_LIMIT = MONTH

/** Returns the seconds of a duration; null when the text is not a duration, or adds up to nothing. */
export function secondsOf(value: Value | undefined): number | null {
  const seconds = typeof value === 'string' ? parseDuration(value) : null
  return seconds === null || seconds === 'never' || seconds === 0 ? null : seconds
}

/** Refuses anything but a duration that is shorter than `limit`, in seconds. */
export function checkDuration(own: OwnFaults, value: Value | undefined, limit: number, attribute = 'config'): void {
  const seconds = secondsOf(value)
  own.expect(seconds !== null, attribute, 'should be a duration')
  own.expect(seconds !== null && seconds < limit, attribute, 'should not exceed the limit')
}

/** Refuses anything but a duration or `never`. */
export function checkExpiry(own: OwnFaults, value: Value | undefined, attribute: string): void {
  const isNever = typeof value === 'string' && value.toLowerCase() === 'never'
  own.expect(isNever || secondsOf(value) !== null, attribute, 'should be a duration')
}
