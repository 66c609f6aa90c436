import { ConfigError, faultAt } from '../fault.ts'
import { MAX_DEPTH, MAX_NODES } from '../yaml/read-yaml.ts'
import { Dict, List, Reference, toJson, type Value } from '../yaml/tree.ts'

type State = { readonly kind: 'resolving' } | { readonly kind: 'resolved'; readonly value: Value }

/**
 * Puts the value of each `!reference` in its place, resolved in turn.
 *
 * @throws ConfigError for a reference that is not a list of texts, leads nowhere or to itself, and when the result
 * exceeds the limits of a file.
 */
export function resolveReferences(root: Dict): Dict {
  return new Resolver(root).resolve(root, 0) as Dict
}

class Resolver {
  readonly #root: Dict
  readonly #states = new Map<Reference, State>()
  #nodes = 0

  constructor(root: Dict) {
    this.#root = root
  }

  resolve(value: Value, depth: number): Value {
    this.#nodes += 1
    if (this.#nodes > 5 * MAX_NODES || depth > 2 * MAX_DEPTH) {
      throw new ConfigError(faultAt('The configuration is too big once each !reference is resolved'))
    }
    if (value instanceof Reference) return this.#referenced(value, depth)
    if (value instanceof List) {
      return new List(
        value.items.map((item) => this.resolve(item, depth + 1)),
        value.places,
      )
    }
    if (!(value instanceof Dict)) return value
    const resolved = new Dict()
    for (const [key, item, place] of value.entries()) resolved.set(key, this.resolve(item, depth + 1), place)
    return resolved
  }

  #referenced(reference: Reference, depth: number): Value {
    const state = this.#states.get(reference)
    const refuse = (what: string): never => {
      throw new ConfigError(faultAt(`!reference ${shown(reference)} ${what}`, { place: reference.place }))
    }
    const { path } = reference
    if (path === null) return refuse('is not valid')
    if (state?.kind === 'resolving') return refuse('is part of a circular chain')
    if (state?.kind === 'resolved') return state.value

    this.#states.set(reference, { kind: 'resolving' })
    const found = this.#at(path)
    const value = found === undefined ? null : this.resolve(found, depth + 1)
    if (value === null || value === false) return refuse('could not be found')
    this.#states.set(reference, { kind: 'resolved', value })
    return value
  }

  #at(path: readonly string[]): Value | undefined {
    let value: Value | undefined = this.#root
    for (const key of path) {
      if (!(value instanceof Dict)) return undefined
      value = value.get(key)
    }
    return value
  }
}

/** The path as a list in JSON, with blanks behind commas. */
function shown({ target }: Reference): string {
  const json = toJson(target)
  return Array.isArray(json) ? `[${json.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(json)
}
