import { ConfigError, faultAt } from '../fault.ts'
import { Dict, isScalar, type Key, List, type Place, textOf, toJson, type Value } from '../yaml/tree.ts'
import { deepMerge } from './deep-merge.ts'

/** Bases of bases, one behind the other. */
const MAX_ANCESTORS = 10

/**
 * Resolves `extends` in every job and hidden key: later bases take precedence over earlier ones, the job over all of
 * them.
 *
 * @param isGlobal - returns whether a top-level key is not a job. `extends` has no meaning in those.
 * @throws ConfigError for a base that is missing or not a map, for a circle, and for more than eleven levels.
 */
export function resolveExtends(root: Dict, isGlobal: (key: Key) => boolean): Dict {
  return new Extensions(root).resolve(isGlobal)
}

class Extensions {
  readonly #resolved: Dict
  /** How many levels lie below a key that is resolved. */
  readonly #heights = new Map<Key, number>()

  constructor(root: Dict) {
    this.#resolved = root.copy()
  }

  resolve(isGlobal: (key: Key) => boolean): Dict {
    for (const [key, value] of this.#resolved.entries()) {
      if (!isGlobal(key) && value instanceof Dict) this.#extend(key, [])
    }
    return this.#resolved
  }

  #extend(key: Key, ancestors: readonly Key[]): Dict {
    const value = this.#resolved.get(key) as Dict
    const place = value.placeOf('extends')
    if (place === undefined) return value
    const height = this.#heights.get(key)
    if (height !== undefined && ancestors.length + height <= MAX_ANCESTORS) return value

    const bases = this.#basesOf(key, value)
    if (ancestors.length > MAX_ANCESTORS) throw refusal(key, 'nesting too deep in `extends`', place)
    if (ancestors.includes(key)) throw refusal(key, 'circular dependency detected in `extends`', place)

    const extended = bases.map((name) => this.#extend(name, [...ancestors, key]))
    const merged = deepMerge(extended.reduce(deepMerge, new Dict()), value)
    this.#heights.set(key, Math.max(...bases.map((name) => 1 + (this.#heights.get(name) ?? -1)), 0))
    this.#resolved.set(key, merged, this.#resolved.placeOf(key) ?? place)
    return merged
  }

  #basesOf(key: Key, value: Dict): string[] {
    const place = value.placeOf('extends')
    const names = namesIn(value.get('extends') ?? null)
    const unknown = names.filter((name) => !this.#resolved.has(name))
    if (unknown.length > 0) throw refusal(key, `unknown keys in \`extends\` (${unknown.join(', ')})`, place)
    const invalid = names.filter((name) => !(this.#resolved.get(name) instanceof Dict))
    if (invalid.length > 0) throw refusal(key, `invalid base hashes in \`extends\` (${invalid.join(', ')})`, place)
    return names
  }
}

const refusal = (key: Key, what: string, place: Place | undefined): ConfigError =>
  new ConfigError(faultAt(`${key}: ${what}`, { path: [key, 'extends'], place }))

function namesIn(value: Value): string[] {
  const items = value instanceof List ? value.items : value === null ? [] : [value]
  return items.map((item) => (isScalar(item) ? textOf(item) : shown(item)))
}

/** A value that is not a name is shown as it was written, and is never found. */
const shown = (value: Value): string => JSON.stringify(toJson(value)).replaceAll('","', '", "')
