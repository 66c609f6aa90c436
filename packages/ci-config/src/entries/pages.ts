import { Dict } from '../yaml/tree.ts'
import type { Check } from './at.ts'
import { checkExpiry } from './durations.ts'
import { member, OwnFaults } from './own-faults.ts'

/** Checks `pages`. */
export const checkPages: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.mapOrBoolean(value)
  own.allowedKeys(value, ['path_prefix', 'expire_in', 'publish'])
  if (!(value instanceof Dict)) return own.found
  const prefix = member(value, 'path_prefix')
  if (prefix !== undefined) own.text(prefix, 'path_prefix')
  const expiry = member(value, 'expire_in')
  if (expiry !== undefined && !/\$|%/.test(String(expiry))) checkExpiry(own, expiry, 'expire_in')
  const publish = member(value, 'publish')
  if (publish !== undefined) own.text(publish, 'publish')
  return own.found
}

/** Checks `publish`. */
export const checkPublish: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.text(value, 'config')
  return own.found
}
