import { parseDuration } from '../duration.ts'
import type { At, Check } from '../entries/at.ts'
import { member, OwnFaults } from '../entries/own-faults.ts'
import type { Fault } from '../fault.ts'
import { isBlank, List, type Value } from '../yaml/tree.ts'

const KEYS = ['local', 'file', 'remote', 'project', 'ref', 'integrity', 'cache']
/** Seconds that a remote file is kept at least. */
const MIN_CACHE = 60

/** Checks `spec:include`: a text, or a list of texts and maps. */
export const checkSpecInclude: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.expect(value instanceof List || typeof value === 'string', 'config', 'should be an array or a string')
  if (own.found.length > 0) return own.found
  const includes = value instanceof List ? value.flat() : [value]
  const places = value instanceof List ? value.places : []
  return includes.flatMap((include, index) =>
    include === null ? [] : checkOne(include, at.item('include', index, places[index])),
  )
}

function checkOne(value: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  const [project, file, remote, integrity, cache] = ['project', 'file', 'remote', 'integrity', 'cache'].map((key) =>
    member(value, key),
  )
  own.mapOrText(value)
  if (project !== undefined && isBlank(file)) {
    own.add('config', 'must specify the file where to fetch the config from')
  }
  if (integrity !== undefined) checkIntegrity(own, integrity, remote)
  if (!isBlank(cache)) checkCache(own, cache, remote)
  own.allowedKeys(value, KEYS)
  return own.found
}

function checkIntegrity(own: OwnFaults, integrity: Value, remote: Value | undefined): void {
  if (isBlank(remote)) own.add('config', 'integrity can only be specified for remote includes')
  if (typeof integrity !== 'string' || !integrity.startsWith('sha256-')) {
    own.add('config', "integrity hash must start with 'sha256-'")
    return
  }
  const hash = integrity.slice('sha256-'.length)
  const isBase64 = hash.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(hash)
  own.expect(isBase64, 'config', 'integrity hash must be base64 encoded')
}

function checkCache(own: OwnFaults, cache: Value | undefined, remote: Value | undefined): void {
  if (isBlank(remote)) own.add('config', 'cache can only be specified for remote includes')
  if (cache === true) return
  const seconds = typeof cache === 'string' ? parseDuration(cache) : null
  if (typeof cache !== 'string') own.add('config', 'cache must be a boolean or a duration string')
  else if (typeof seconds !== 'number') own.add('config', 'cache contains an invalid duration')
  else own.expect(seconds >= MIN_CACHE, 'config', 'cache duration must be at least 1 minute')
}
