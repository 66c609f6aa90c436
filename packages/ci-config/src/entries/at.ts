import { type Fault, faultAt } from '../fault.ts'
import type { Dict, Key, Place, Value } from '../yaml/tree.ts'

/** Where a value stands in the configuration, as messages name it and as an editor finds it. */
export class At {
  readonly path: readonly Key[]
  readonly place: Place | undefined
  readonly #names: readonly Key[]
  /** What the value is called where it has no key of its own. */
  readonly #kind: string

  private constructor(names: readonly Key[], kind: string, path: readonly Key[], place: Place | undefined) {
    this.#names = names
    this.#kind = kind
    this.path = path
    this.place = place
  }

  static root(): At {
    return new At([], 'root', [], undefined)
  }

  /** Returns where the value of a key stands. */
  key(dict: Dict, key: Key): At {
    return new At([...this.#names, key], '', [...this.path, key], dict.placeOf(key) ?? this.place)
  }

  /** Returns the same place without its last name: messages about it begin with the names above, and `kind`. */
  unnamed(kind: string): At {
    return new At(this.#names.slice(0, -1), kind, this.path, this.place)
  }

  /** Returns the same place under another name in messages. */
  withLocation(name: string): At {
    return new At([name], '', this.path, this.place)
  }

  /** Returns the same place below another name in messages. */
  under(name: string): At {
    return new At([name, ...this.#names], this.#kind, this.path, this.place)
  }

  /** Returns where an item of a list stands. Messages call all items alike, by `kind`. */
  item(kind: string, index: number, place: Place | undefined, { named = true } = {}): At {
    const path = [...this.path, index]
    return named
      ? new At([...this.#names, kind], '', path, place ?? this.place)
      : new At(this.#names, kind, path, place ?? this.place)
  }

  /** The names from the root, joined by colons. */
  get location(): string {
    const last = this.#names.at(-1)
    const isNamed = this.#kind === '' && last !== undefined && last !== null && last !== ''
    const names = this.#kind === '' ? this.#names.slice(0, -1) : this.#names
    return [...names, isNamed ? last : this.#kind || 'job'].map(String).join(':')
  }

  /** Returns a fault of the value or of one of its keys, in lower case as the reference writes it. */
  fault(attribute: string, problem: string): Fault {
    const subject = attribute === '' ? '' : ` ${attribute.replaceAll('_', ' ')}`
    return this.rawFault(withUnderscores(`${this.location}${subject} ${problem}`.toLowerCase()))
  }

  /** Returns a fault whose text keeps its case. */
  rawFault(message: string): Fault {
    return faultAt(message, { path: this.path, place: this.place })
  }
}

/** The reference shows blanks in the names of such jobs as underscores. */
function withUnderscores(message: string): string {
  return message.replace(
    /jobs ([a-z\s]+) config should implement/g,
    (_, name: string) => `jobs ${name.replaceAll(' ', '_')} config should implement`,
  )
}

/** Checks one value: returns what is wrong with it and inside it. */
export type Check = (value: Value, at: At) => Fault[]

/** Checks the values of the given keys of a map, in this order. Absent and null ones have nothing to check. */
export function checkKeys(dict: Dict, at: At, checks: Readonly<Record<string, Check>>): Fault[] {
  return Object.entries(checks).flatMap(([key, check]) => {
    const value = dict.get(key)
    return value === undefined || value === null ? [] : check(value, at.key(dict, key))
  })
}
