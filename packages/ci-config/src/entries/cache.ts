import type { Fault } from '../fault.ts'
import { Dict, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import { type At, type Check, checkKeys } from './at.ts'
import { isBoolean } from './flag.ts'
import { asList, member, OwnFaults } from './own-faults.ts'

const MAX_CACHES = 4
const MAX_FALLBACK_KEYS = 5
const KEYS = ['key', 'untracked', 'paths', 'when', 'policy', 'unprotect', 'fallback_keys']
export const ARTIFACT_WHEN = ['on_success', 'on_failure', 'always']

/** Checks `cache`: one cache, or a list of them. */
export const checkCaches: Check = (value, at) => {
  const here = at.unnamed('caches')
  const own = new OwnFaults(here)
  own.expect(value instanceof Dict || value instanceof List, 'config', 'can only be a Hash or an Array')
  if (value instanceof List && value.items.length > MAX_CACHES) {
    own.add('config', `no more than ${MAX_CACHES} caches can be created`)
  }
  if (own.found.length > 0) return own.found
  const caches = value instanceof List ? value.flat() : [value]
  return caches.flatMap((cache, index) =>
    cache === null ? [] : checkCache(cache, here.item('cache', index, placeOf(value, index))),
  )
}

const placeOf = (value: Value, index: number) => (value instanceof List ? value.places[index] : undefined)

function checkCache(value: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.allowedKeys(value, KEYS)
  const policy = member(value, 'policy')
  if (policy !== undefined && !(typeof policy === 'string' && policy.trim() === '')) {
    own.text(policy, 'policy')
    const fits = /pull-push|push|pull|\$/.test(JSON.stringify(toJson(policy)))
    own.expect(fits, 'policy', 'should be a variable or one of: pull-push, push, pull')
  }
  const when = member(value, 'when')
  if (when !== undefined) own.oneOf(when, ARTIFACT_WHEN, 'when')
  const fallbackKeys = member(value, 'fallback_keys')
  const tooMany = fallbackKeys instanceof List && fallbackKeys.items.length > MAX_FALLBACK_KEYS
  if (tooMany) own.add('fallback_keys', `has to many entries (maximum ${MAX_FALLBACK_KEYS})`)
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, {
    key: checkKey,
    unprotect: isBoolean,
    untracked: isBoolean,
    paths: checkTexts,
    fallback_keys: checkTexts,
  })
}

const checkTexts: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.listOfTexts(value)
  return own.found
}

const checkKey: Check = (value, at) => {
  if (typeof value === 'string') return checkKeyText(value, at)
  if (!(value instanceof Dict)) return [at.rawFault(`${at.location} should be a hash, a string or a symbol`)]
  const own = new OwnFaults(at)
  own.allowedKeys(value, ['files', 'files_commits', 'prefix'])
  own.exactlyOneKey(value, ['files', 'files_commits'])
  if (own.found.length > 0) return own.found
  return checkKeys(value, at, { files: checkFiles, files_commits: checkFiles, prefix: checkKeyText })
}

/** A key becomes a directory in the cache's store, so it must not lead out of it. */
const checkKeyText: Check = (value, at) => {
  const own = new OwnFaults(at)
  if (typeof value !== 'string') {
    own.add('config', 'should be a string or symbol')
    return own.found
  }
  const path = unescaped(value)
  if (path.includes('/')) own.add('config', 'cannot contain the "/" character')
  else if (path === '.' || path === '..') own.add('config', 'cannot be "." or ".."')
  return own.found
}

const unescaped = (text: string): string =>
  text.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

const MAX_FILES = 2

const checkFiles: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.listOfTexts(value)
  const length = value instanceof List ? value.items.length : value instanceof Dict ? value.size : String(value).length
  own.expect(length >= 1, 'config', 'requires at least 1 item')
  own.expect(length <= MAX_FILES, 'config', `has too many items (maximum is ${MAX_FILES})`)
  return own.found
}

/** Returns the caches with their defaults written out. */
export function cachesOf(value: Value): Json[] {
  const caches = value instanceof List ? value.flat() : [value]
  return caches.map((cache) => (cache instanceof Dict ? cacheOf(cache) : null))
}

function cacheOf(cache: Dict): Json {
  const given = Object.fromEntries(
    ['paths', 'untracked'].flatMap((key) => {
      const value = member(cache, key)
      return value === undefined ? [] : [[key, toJson(value)]]
    }),
  )
  return {
    ...given,
    key: keyOf(member(cache, 'key')),
    unprotect: cache.get('unprotect') === true,
    policy: toJson(member(cache, 'policy') ?? 'pull-push'),
    when: toJson(member(cache, 'when') ?? 'on_success'),
    fallback_keys: toJson(member(cache, 'fallback_keys') ?? new List([], [])),
  }
}

function keyOf(key: Value | undefined): Json {
  if (!(key instanceof Dict)) return key === undefined ? 'default' : toJson(key)
  return Object.fromEntries(
    key
      .entries()
      .flatMap(([name, value]) => (value === null ? [] : [[String(name), keyPart(name === 'prefix', value)]])),
  )
}

const keyPart = (isPrefix: boolean, value: Value): Json =>
  isPrefix ? toJson(value) : asList(value).map((file) => String(file).replace(/^\/+/, ''))
