import { ConfigError, faultAt } from '../fault.ts'
import { Dict, List, type Place, type Value } from '../yaml/tree.ts'
import type { IncludeRun } from './include-run.ts'
import { expandOrRemove } from './known-variables.ts'
import type { Level } from './level.ts'

/** One entry of an `include`, as a map. */
export interface IncludeEntry {
  readonly keys: Dict
  readonly place: Place | undefined
}

/** What an `include` is part of: the run, and what is visible where it stands. */
export interface Including {
  readonly run: IncludeRun
  readonly level: Level
}

/**
 * Returns the entries of an `include`. A text stands for an address or a local file, which may hide in a variable.
 *
 * @throws ConfigError for an entry that is neither a text nor a map.
 */
export function entriesOf(root: Dict, { level }: Including): IncludeEntry[] {
  const include = root.get('include') ?? null
  const place = root.placeOf('include')
  const items = include instanceof List ? include.items : [include]
  const places = include instanceof List ? include.places : []
  return items.flatMap((item, index) => (item === null ? [] : [entryOf(item, places[index] ?? place, level)]))
}

function entryOf(item: Value, place: Place | undefined, { variables }: Level): IncludeEntry {
  if (item instanceof Dict) return { keys: item, place }
  if (typeof item !== 'string' || place === undefined) {
    throw new ConfigError(faultAt('Each include must be a hash or a string', { path: ['include'], place }))
  }
  const location = expandOrRemove(item, variables)
  const keys = new Dict()
  keys.set(isAddress(location) ? 'remote' : 'local', location, place)
  return { keys, place }
}

/** Returns whether a text is an address, whether or not it can be fetched. */
export function isAddress(text: string): boolean {
  const address = text.trim()
  const [whole, authority] = /^(?:https?|ssh|git):(?:\/\/([^/?#]*))?/.exec(address) ?? []
  if (whole === undefined) return false
  if (!authority) return address.length > whole.length && /^[^?#]/.test(address.slice(whole.length))
  const [, port] = /:([^:\]]*)$/.exec(authority.slice(-20)) ?? []
  return !/\s/.test(authority) && (port === undefined || (/^\d*$/.test(port) && Number(port) <= 65_535))
}

/** Returns the entry with variables put in: in its texts, and in the texts of its lists. */
export function withVariables({ keys, place }: IncludeEntry, { level }: Including): IncludeEntry {
  const expanded = new Dict()
  const expand = (value: Value) => (typeof value === 'string' ? expandOrRemove(value, level.variables) : value)
  for (const [key, value, at] of keys.entries()) {
    expanded.set(key, value instanceof List ? new List(value.items.map(expand), value.places) : expand(value), at)
  }
  return { keys: expanded, place }
}

/** Returns the entry with another value for a key. */
export function withKey({ keys, place }: IncludeEntry, key: string, value: Value): IncludeEntry {
  const copy = keys.copy()
  const at = keys.placeOf(key) ?? place
  if (at) copy.set(key, value, at)
  return { keys: copy, place }
}
