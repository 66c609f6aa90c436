import { Dict } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'

/** Checks `id_tokens`. */
export const checkIdTokens: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  if (!(value instanceof Dict)) return own.found
  return value.entries().flatMap(([name, token]) => checkIdToken(token ?? new Dict(), at.key(value, name)))
}

const checkIdToken: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.requiredKeys(value, ['aud'])
  own.allowedKeys(value, ['aud'])
  own.listOfTextsOrText(member(value, 'aud'), 'aud')
  return own.found
}
