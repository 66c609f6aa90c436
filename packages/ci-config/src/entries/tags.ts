import { List } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** Distinct tags of one job; one fewer is allowed. */
const TAGS_LIMIT = 50

/** Checks `tags`. */
export const checkTags: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.listOfTexts(value)
  if (value instanceof List) {
    const names = value.items.flatMap((item) => String(item).split(',')).map((name) => name.trim())
    const distinct = new Set(names.filter((name) => name !== ''))
    own.expect(distinct.size < TAGS_LIMIT, 'config', `must be less than the limit of ${TAGS_LIMIT} tags`)
  }
  return own.found
}
