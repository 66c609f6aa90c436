import { z } from 'zod'

/** What is taken of a JSON value: single values, objects with some of their members, lists and records of such. */
type Wanted =
  | { readonly kind: 'single' }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Wanted> }
  | { readonly kind: 'list'; readonly items: Wanted }
  | { readonly kind: 'record' }

/** Shorter JSON is parsed in one go. */
const SHORT = 65_536
/** Characters scanned between two pauses. */
const STEP = 65_536
/** Characters of a text that are kept. */
const LONGEST_TEXT = 16_384
/** Items of a list, and members of a record, that are kept. */
const MOST_ITEMS = 100

/**
 * Takes the fields that a schema names out of JSON, without parsing the rest when it is long, and leaves out what is of
 * another type. Texts and lists are cut off. Runs in pieces: pauses regularly.
 *
 * @throws SyntaxError for text that is not JSON. What is passed over is only checked for its brackets and quotes.
 */
export function* pickJson(text: string, schema: z.ZodType): Generator<void, unknown> {
  const wanted = wantedOf(schema)
  if (text.length <= SHORT) return prune(JSON.parse(text), wanted)
  const scanner = new Scanner(text)
  const picked = yield* scanner.pick(wanted)
  scanner.end()
  return picked
}

const SINGLE: Wanted = { kind: 'single' }

function wantedOf(schema: z.ZodType): Wanted {
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape).map(([name, member]) => [name, wantedOf(member as z.ZodType)] as const)
    return { kind: 'object', members: new Map(members) }
  }
  if (schema instanceof z.ZodArray) return { kind: 'list', items: wantedOf(schema.element as z.ZodType) }
  if (schema instanceof z.ZodRecord) return { kind: 'record' }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodCatch) {
    return wantedOf(schema.unwrap() as z.ZodType)
  }
  return schema instanceof z.ZodPipe ? wantedOf(schema.in as z.ZodType) : SINGLE
}

/** Keeps the wanted parts of a parsed value; undefined when it is of another type. */
function prune(value: unknown, wanted: Wanted): unknown {
  if (value === null) return null
  if (typeof value !== 'object') return wanted.kind === 'single' ? cut(value) : undefined
  switch (wanted.kind) {
    case 'single':
      return undefined
    case 'list':
      return Array.isArray(value)
        ? value.slice(0, MOST_ITEMS).map((item) => orNull(prune(item, wanted.items)))
        : undefined
    case 'record':
      return Array.isArray(value)
        ? undefined
        : Object.fromEntries(
            Object.entries(value)
              .slice(0, MOST_ITEMS)
              .map(([name, one]) => [cut(name), singleOf(one)]),
          )
    case 'object': {
      if (Array.isArray(value)) return undefined
      const members = [...wanted.members].flatMap(([name, member]) => {
        const kept = Object.hasOwn(value, name) ? prune((value as Record<string, unknown>)[name], member) : undefined
        return kept === undefined ? [] : [[name, kept] as const]
      })
      return Object.fromEntries(members)
    }
  }
}

const singleOf = (value: unknown): unknown => orNull(prune(value, SINGLE))
const orNull = (value: unknown): unknown => value ?? null

/** Makes a text storable, and short. */
const cut = (value: unknown): unknown =>
  typeof value === 'string' ? value.slice(0, LONGEST_TEXT).toWellFormed().replaceAll('\0', '\uFFFD') : value

const SPACES = /[ \t\n\r]*/y
const LITERAL = /[^,\]}\s]*/y
const STRUCTURE = /["[\]{}]/g

class Scanner {
  readonly #text: string
  #at = 0
  #pause = STEP

  constructor(text: string) {
    this.#text = text
  }

  /** @throws SyntaxError when anything follows. */
  end(): void {
    if (this.#next() !== undefined) throw this.#fault()
  }

  *pick(wanted: Wanted): Generator<void, unknown> {
    const first = this.#next()
    if (first === '{' && wanted.kind === 'object') return yield* this.#object(wanted.members)
    if (first === '[' && wanted.kind === 'list') return yield* this.#list(wanted.items)
    const start = this.#at
    yield* this.#skip()
    if (first === '{' || first === '[') {
      if (wanted.kind !== 'record' || first === '[') return undefined
      // Records are options that a person typed; a longer one is none.
      const raw = this.#text.slice(start, this.#at)
      return raw.length > SHORT ? undefined : prune(JSON.parse(raw), wanted)
    }
    const value: unknown = JSON.parse(this.#text.slice(start, this.#at))
    if (value === null) return null
    return wanted.kind === 'single' ? cut(value) : undefined
  }

  *#object(members: ReadonlyMap<string, Wanted>): Generator<void, unknown> {
    const picked = new Map<string, unknown>()
    this.#take('{')
    if (this.#next() === '}') return this.#ended('}', {})
    for (;;) {
      if (this.#next() !== '"') throw this.#fault()
      const start = this.#at
      this.#skipText()
      const name = JSON.parse(this.#text.slice(start, this.#at)) as string
      this.#take(':')
      const wanted = members.get(name)
      if (wanted === undefined) yield* this.#skip()
      else {
        const value = yield* this.pick(wanted)
        if (value === undefined) picked.delete(name)
        else picked.set(name, value)
      }
      if (this.#next() === '}') break
      this.#take(',')
    }
    const inOrder = [...members.keys()].flatMap((name) => (picked.has(name) ? [[name, picked.get(name)] as const] : []))
    return this.#ended('}', Object.fromEntries(inOrder))
  }

  *#list(items: Wanted): Generator<void, unknown> {
    const picked: unknown[] = []
    this.#take('[')
    if (this.#next() === ']') return this.#ended(']', picked)
    for (;;) {
      if (picked.length < MOST_ITEMS) picked.push(orNull(yield* this.pick(items)))
      else yield* this.#skip()
      if (this.#next() === ']') break
      this.#take(',')
    }
    return this.#ended(']', picked)
  }

  /** Passes over a value. */
  *#skip(): Generator<void, void> {
    const first = this.#next()
    if (first === '"') this.#skipText()
    else if (first !== '{' && first !== '[') {
      LITERAL.lastIndex = this.#at
      const literal = LITERAL.exec(this.#text)?.[0] ?? ''
      if (literal === '') throw this.#fault()
      this.#at += literal.length
    } else {
      const open: string[] = []
      do {
        STRUCTURE.lastIndex = this.#at
        const found = STRUCTURE.exec(this.#text)
        if (!found) throw this.#fault()
        this.#at = found.index
        if (found[0] === '"') this.#skipText()
        else {
          this.#at += 1
          if (found[0] === '{') open.push('}')
          else if (found[0] === '[') open.push(']')
          else if (open.pop() !== found[0]) throw this.#fault()
        }
        if (this.#at >= this.#pause) {
          yield
          this.#pause = this.#at + STEP
        }
      } while (open.length > 0)
    }
    if (this.#at >= this.#pause) {
      yield
      this.#pause = this.#at + STEP
    }
  }

  /** Passes over a text that begins here. */
  #skipText(): void {
    let end = this.#at
    do {
      end = this.#text.indexOf('"', end + 1)
      if (end < 0) throw this.#fault()
    } while (this.#isEscaped(end))
    this.#at = end + 1
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0
    while (this.#text[at - 1 - backslashes] === '\\') backslashes += 1
    return backslashes % 2 === 1
  }

  /** Passes over white space, and returns the character behind it. */
  #next(): string | undefined {
    SPACES.lastIndex = this.#at
    this.#at += SPACES.exec(this.#text)?.[0].length ?? 0
    return this.#text[this.#at]
  }

  #take(character: string): void {
    if (this.#next() !== character) throw this.#fault()
    this.#at += 1
  }

  #ended<Value>(character: string, value: Value): Value {
    this.#take(character)
    return value
  }

  #fault = (): SyntaxError => new SyntaxError(`not JSON at character ${this.#at}`)
}
