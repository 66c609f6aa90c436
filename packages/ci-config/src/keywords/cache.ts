import type { StoredForm } from '@yardmaster/common'
import { OUTCOMES, paths, RESULTS } from './artifacts.ts'
import type { Keyword } from './keyword.ts'
import { type Found, flag, isList, list, members, oneOf, optional, refuse, text, word } from './reading.ts'

const KEYS = ['key', 'untracked', 'unprotect', 'paths', 'policy', 'when', 'fallback_keys'] as const
const POLICIES = ['pull-push', 'pull', 'push'] as const
/** The limit of the reference for caches and for fallback keys. */
const MAX_CACHES = 4
const MAX_FALLBACK_KEYS = 5

export interface CacheDefinition {
  readonly key: string
  readonly untracked: boolean
  readonly unprotect: boolean
  readonly paths: readonly string[]
  readonly policy: 'pull-push' | 'pull' | 'push'
  readonly when: 'on_success' | 'on_failure' | 'always'
  readonly fallbackKeys: readonly string[]
}

const CACHE: StoredForm<CacheDefinition> = {
  key: { since: 1 },
  untracked: { since: 1, absent: false },
  unprotect: { since: 1, absent: false },
  paths: { since: 1, absent: [] },
  policy: { since: 1, absent: 'pull-push', words: { 'pull-push': 1, pull: 1, push: 1 } },
  when: { since: 1, absent: 'on_success', words: OUTCOMES },
  fallbackKeys: { since: 1, absent: [] },
}

/** Reads one cache or several. */
export const cache: Keyword<readonly CacheDefinition[]> = {
  keyword: 'cache',
  read: (found) => (isList(found) ? list(found, readCache, { most: MAX_CACHES }) : [readCache(found)]),
  stored: { since: 1, absent: [], parts: CACHE },
  examples: [{ key: 'modules', paths: ['modules'], fallback_keys: ['main'], policy: 'pull' }],
}

function readCache(found: Found): CacheDefinition {
  const given = members(found, KEYS)
  return {
    key: optional(given.key, key, 'default'),
    untracked: optional(given.untracked, flag, false),
    unprotect: optional(given.unprotect, flag, false),
    paths: optional(given.paths, paths, []),
    policy: optional(given.policy, (policy) => oneOf(policy, POLICIES), 'pull-push'),
    when: optional(given.when, (when) => oneOf(when, RESULTS), 'on_success'),
    fallbackKeys: optional(
      given.fallback_keys,
      (keys) => list(keys, (one) => word(one), { most: MAX_FALLBACK_KEYS }),
      [],
    ),
  }
}

/** The key becomes the name of a directory, so it must not lead elsewhere or consist of dots alone. */
function key(found: Found): string {
  if (typeof found.value === 'object') {
    refuse(
      found.at,
      'found an object; allowed: text. A key made of files or a prefix needs the files of the commit, which are not here',
    )
  }
  const value = text(found)
  if (value.trim() === '') refuse(found.at, 'found blank text; allowed: a name')
  if (/\/|%2f/i.test(value)) refuse(found.at, 'found a slash; allowed: a name without / and %2F')
  if (/^(?:\.|%2e)+$/i.test(value)) refuse(found.at, 'found only dots; allowed: a name')
  return value
}
