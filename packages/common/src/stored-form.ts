/**
 * How values of a type are stored as JSON, so that they can still be read after an upgrade and by another release.
 *
 * For every key, a form names the version that introduced it and what a value without it means. Reading and writing
 * both follow from that. Reading fills in keys that an older release did not know, and refuses values that a newer
 * release wrote. Writing leaves out newer keys that have their default, and records the lowest version that knows the
 * rest. While two releases serve one database, or after a downgrade, the older release fails to read only those values
 * that use something new.
 *
 * A key never changes its meaning. A change of meaning is a new key.
 */
export type StoredForm<T> = { readonly [Key in keyof T]-?: StoredKey<T[Key]> }

/** One key of a form. The keys of objects inside it and the words it allows have versions of their own. */
export type StoredKey<V> = Beginning<V> & Parts<ObjectIn<V>> & Words<WordIn<V>>

/** Without `absent`, every value has the key, from the first version on. */
type Beginning<V> = { readonly since: 1 } | { readonly since: number; readonly absent: V }
type Parts<V> = [V] extends [never] ? unknown : { readonly parts: StoredForm<V> }
type Words<V extends string> = [V] extends [never] ? unknown : { readonly words: { readonly [Word in V]: number } }

/** The objects with known keys that a key holds, directly or in a list. */
type ObjectIn<V> = V extends readonly (infer Item)[]
  ? ObjectIn<Item>
  : V extends object
    ? string extends keyof V
      ? never
      : V
    : never

/** The words that a key may hold. */
type WordIn<V> = V extends string ? (string extends V ? never : V) : never

/** A form without its types, for the functions below. */
type AnyForm = Readonly<Record<string, AnyKey>>
interface AnyKey {
  readonly since: number
  readonly absent?: unknown
  readonly parts?: AnyForm
  readonly words?: Readonly<Record<string, number>>
}

/** A newer release wrote the value. The value is not damaged, but this release does not know what all of it means. */
export class NewerFormError extends Error {
  override name = 'NewerFormError'
  readonly version: number

  constructor(version: number, known: number) {
    super(`the value is of version ${version}; this release reads versions up to ${known}`)
    this.version = version
  }
}

/** Returns the newest version of a form: the highest that any of its keys and words names. */
export const newestVersion = <T>(form: StoredForm<T>): number => newestOf(form as AnyForm)

const newestOf = (form: AnyForm): number =>
  Object.values(form).reduce(
    (newest, { since, parts, words = {} }) =>
      Math.max(newest, since, parts ? newestOf(parts) : 1, ...Object.values(words)),
    1,
  )

/**
 * Returns a stored object with all keys of its form. An object without a version is of version 1.
 *
 * @throws NewerFormError for a version that this release does not know; TypeError for a value that is not such an
 * object.
 */
export function openObject<T extends object>(form: StoredForm<T>, stored: unknown): T {
  if (!isObject(stored)) throw new TypeError('a stored value is not an object')
  checkVersion(form, stored.version)
  return filled(form as AnyForm, stored) as T
}

/** As `openObject`, for a list. From version 2 on, a list is stored as `{version, list}`. */
export function openList<T extends object>(form: StoredForm<T>, stored: unknown): T[] {
  if (!Array.isArray(stored)) {
    if (!isObject(stored)) throw new TypeError('a stored value is not a list')
    checkVersion(form, stored.version)
  }
  const list = Array.isArray(stored) ? stored : (stored as { list?: unknown }).list
  if (!Array.isArray(list)) throw new TypeError('a stored value is not a list')
  return list.map((item) => {
    if (!isObject(item)) throw new TypeError('an item of a stored list is not an object')
    return filled(form as AnyForm, item) as T
  })
}

/** Returns an object in its stored form, with the lowest version that covers all of it. */
export function storeObject<T extends object>(form: StoredForm<T>, value: T): { readonly version: number } {
  const { version, kept } = written(form as AnyForm, value)
  return { version, ...(kept as object) }
}

/**
 * As `storeObject`, for a list. A list of version 1 stays a bare array: releases without versions read nothing else.
 */
export function storeList<T extends object>(
  form: StoredForm<T>,
  list: readonly T[],
): { readonly version: number; readonly stored: unknown } {
  const { version, kept } = written(form as AnyForm, list)
  return { version, stored: version === 1 ? kept : { version, list: kept } }
}

function checkVersion<T>(form: StoredForm<T>, version: unknown = 1): void {
  if (!Number.isSafeInteger(version) || Number(version) < 1)
    throw new TypeError('a stored value has an invalid version')
  const known = newestVersion(form)
  if (Number(version) > known) throw new NewerFormError(Number(version), known)
}

function filled(form: AnyForm, stored: Readonly<Record<string, unknown>>): object {
  const members = Object.entries(form).flatMap(([name, key]) => {
    if (Object.hasOwn(stored, name)) return [[name, key.parts ? part(key.parts, stored[name]) : stored[name]]]
    if (!('absent' in key)) throw new TypeError(`a stored value lacks ${name}`)
    return key.absent === undefined ? [] : [[name, key.absent]]
  })
  return Object.fromEntries(members)
}

function part(form: AnyForm, stored: unknown): unknown {
  if (stored === null) return null
  if (Array.isArray(stored)) return stored.map((item) => part(form, item))
  if (!isObject(stored)) throw new TypeError('a part of a stored value is not an object')
  return filled(form, stored)
}

/** Returns the part of a value that is stored, and the lowest version that covers it. */
function written(form: AnyForm, value: unknown): { version: number; kept: unknown } {
  if (Array.isArray(value)) {
    const items = value.map((item) => written(form, item))
    return { version: highest(items), kept: items.map(({ kept }) => kept) }
  }
  if (!isObject(value)) return { version: 1, kept: value }
  const members = Object.entries(form).flatMap(([name, { since, absent, parts, words }]) => {
    const given = value[name]
    if (given === undefined || (since > 1 && isSame(given, absent))) return []
    const inside = parts ? written(parts, given) : { version: words?.[String(given)] ?? 1, kept: given }
    return [{ name, version: Math.max(since, inside.version), kept: inside.kept }]
  })
  return { version: highest(members), kept: Object.fromEntries(members.map(({ name, kept }) => [name, kept])) }
}

const highest = (versions: readonly { readonly version: number }[]): number =>
  versions.reduce((most, { version }) => Math.max(most, version), 1)

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
