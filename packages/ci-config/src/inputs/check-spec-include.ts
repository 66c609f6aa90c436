import { parseDuration } from '../duration.ts'
import type { At, Check } from '../entries/at.ts'
import { checkEachInclude, checkFile, checkIntegrity } from '../entries/include.ts'
import { member, OwnFaults } from '../entries/own-faults.ts'
import type { Fault } from '../fault.ts'
import { isBlank, type Value } from '../yaml/tree.ts'

const KEYS = ['local', 'file', 'remote', 'project', 'ref', 'integrity', 'cache']
/** Seconds that a remote file is kept at least. */
const MIN_CACHE = 60

function checkOne(value: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  own.mapOrText(value)
  checkFile(own, value)
  checkIntegrity(own, value)
  const cache = member(value, 'cache')
  if (!isBlank(cache)) checkCache(own, cache, member(value, 'remote'))
  own.allowedKeys(value, KEYS)
  return own.found
}

/** Checks `spec:include`: a text, or a list of texts and maps. */
export const checkSpecInclude: Check = checkEachInclude(checkOne)

function checkCache(own: OwnFaults, cache: Value | undefined, remote: Value | undefined): void {
  if (isBlank(remote)) own.add('config', 'cache can only be specified for remote includes')
  if (cache === true) return
  const seconds = typeof cache === 'string' ? parseDuration(cache) : null
  if (typeof cache !== 'string') own.add('config', 'cache must be a boolean or a duration string')
  else if (typeof seconds !== 'number') own.add('config', 'cache contains an invalid duration')
  else own.expect(seconds >= MIN_CACHE, 'config', 'cache duration must be at least 1 minute')
}
