import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Scalar as ScalarNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { faultIn, parseDocument } from './parse-document.ts'
import { isDate, plainScalar } from './plain-scalar.ts'
import {
  Dict,
  Float,
  type Key,
  List,
  lineAndColumn,
  type Place,
  Reference,
  type SourceText,
  type Value,
} from './tree.ts'

/** Bytes of one text. */
const MAX_TEXT_BYTES = 2_097_152
/** Values of one text, aliases counted as often as they are used. */
export const MAX_NODES = 100_000
/** Lists and maps inside one another. */
export const MAX_DEPTH = 100

/** Only a line feed ends a line here: to the flag `m`, others would as well. */
const DIVIDER = /(?<![^\n])---[ \t\r\n\f\v]+/
const CORE = 'tag:yaml.org,2002:'

/** A text that cannot be read: not YAML, or YAML that this dialect refuses. */
export class YamlError extends Error {
  readonly place: Place | null

  constructor(message: string, place: Place | null = null) {
    super(message)
    this.place = place
  }
}

export interface YamlWarning {
  readonly message: string
  readonly place: Place
}

export interface YamlDocuments {
  /** The first of two documents, when it has the key `spec`. */
  readonly header: Dict | null
  readonly content: Dict
  readonly warnings: readonly YamlWarning[]
}

/**
 * Reads a configuration file: YAML 1.1 as the reference reads it, with `!reference`. Positions, duplicate keys and dates
 * are kept for errors and warnings.
 *
 * @throws YamlError for text that is refused, and for text that exceeds `MAX_TEXT_BYTES`, `MAX_NODES` or `MAX_DEPTH`.
 */
export function readYaml(source: SourceText): YamlDocuments {
  if (utf8Length(source.text) > MAX_TEXT_BYTES) throw new YamlError('The provided YAML is too big')
  const warnings: YamlWarning[] = []
  const pieces = cut(source)
    .map((piece) => ({ ...piece, value: new Reader(source, piece.offset, warnings).read(piece.text) }))
    .filter(({ value }) => !isEmpty(value))
  const roots = pieces.map(({ value }) => value)
  const [first, second] = roots
  if (first instanceof Dict && second !== undefined && first.has('spec')) {
    return { header: first, content: asRoot(second), warnings }
  }
  const place = { source, offset: pieces[1]?.offset ?? 0 }
  if (second !== undefined)
    throw new YamlError('Only a header with the key spec may stand before a second document', place)
  return { header: null, content: first === undefined ? new Dict() : asRoot(first), warnings }
}

function asRoot(value: Value): Dict {
  if (!(value instanceof Dict)) throw new YamlError('Invalid configuration format')
  return value
}

const isEmpty = (value: Value): boolean =>
  value === null || value === false || value === '' || (value instanceof Dict && value.size === 0)

/** Cuts a text at the lines that begin a document, into at most three pieces. */
function cut({ text }: SourceText): { text: string; offset: number }[] {
  const pieces: { text: string; offset: number }[] = []
  let offset = text.startsWith('\ufeff') ? 1 : 0
  while (pieces.length < 2) {
    const divider = DIVIDER.exec(text.slice(offset))
    if (divider === null) break
    pieces.push({ text: text.slice(offset, offset + divider.index), offset })
    offset += divider.index + divider[0].length
  }
  return [...pieces, { text: text.slice(offset), offset }].filter(({ text: piece }, index) => index > 0 || piece.trim())
}

function utf8Length(text: string): number {
  return text.length > MAX_TEXT_BYTES ? text.length : new TextEncoder().encode(text).length
}

/** How much of the limits a value uses, including aliases inside it. */
interface Extent {
  readonly nodes: number
  readonly depth: number
}

/** Turns one document into values. */
class Reader {
  readonly #source: SourceText
  readonly #offset: number
  readonly #warnings: YamlWarning[]
  readonly #anchors = new Map<string, Value | undefined>()
  readonly #extents = new Map<Value, Extent>()

  constructor(source: SourceText, offset: number, warnings: YamlWarning[]) {
    this.#source = source
    this.#offset = offset
    this.#warnings = warnings
  }

  read(text: string): Value {
    const document = parseDocument(text)
    if (document === null) return null
    const fault = faultIn(document)
    if (fault !== undefined) throw this.#syntaxError(fault)
    return document.contents === null ? null : this.#value(document.contents, 1)
  }

  #syntaxError({ code, message, pos }: { code: string; message: string; pos: [number, number] }): YamlError {
    const place = this.#place(pos[0])
    // The parser calls itself for each level, and cannot go as deep as a text can.
    if (code === 'RESOURCE_EXHAUSTION') return tooBig(place)
    const { line, column } = lineAndColumn(place)
    return new YamlError(`${sentence(message)} at line ${line} column ${column}`, place)
  }

  #place(offset: number): Place {
    return { source: this.#source, offset: this.#offset + offset }
  }

  #placeOf(node: { range?: [number, number, number] | null | undefined }): Place {
    return this.#place(node.range?.[0] ?? 0)
  }

  #value(node: ParsedNode, depth: number): Value {
    if (depth > MAX_DEPTH + 1) throw tooBig(this.#placeOf(node))
    if (isAlias(node)) return this.#alias(node.source, this.#placeOf(node))
    if (isScalar(node)) return this.#anchored(node, this.#scalar(node as ScalarNode.Parsed))
    if (node.anchor) this.#anchors.set(node.anchor, undefined)
    const value = isSeq(node)
      ? this.#list(node as YAMLSeq.Parsed, depth)
      : isMap(node)
        ? this.#dict(node as YAMLMap.Parsed, depth)
        : null
    return this.#anchored(node, this.#tagged(node, value))
  }

  #anchored(node: ParsedNode, value: Value): Value {
    if ('anchor' in node && node.anchor) this.#anchors.set(node.anchor, value)
    return value
  }

  #alias(name: string, place: Place): Value {
    if (!this.#anchors.has(name)) throw new YamlError(`Unknown alias: ${name}`, place)
    const value = this.#anchors.get(name)
    if (value === undefined) throw new YamlError(`The alias ${name} stands inside what it refers to`, place)
    return value
  }

  #scalar(node: ScalarNode.Parsed): Value {
    const text = typeof node.value === 'string' ? node.value : ''
    const place = this.#placeOf(node)
    const tag = node.tag
    const isPlain = node.type === 'PLAIN' || node.type === undefined
    if (tag === undefined) {
      if (!isPlain) return text
      if (isDate(text))
        this.#warn(`${text} is kept as a text; quote it, because other readers take it as a date`, place)
      return plainScalar(text)
    }
    if (tag === '!reference') return new Reference(text, place)
    if (tag === `${CORE}str`) return text
    // Psych reads a text with this tag as if it had no quotes.
    if (tag === '!') return plainScalar(text)
    if (tag === `${CORE}binary`) return decodeBase64(text)
    if (tag === `${CORE}float`) return asFloat(plainScalar(text), place)
    if ([`${CORE}int`, `${CORE}bool`, `${CORE}null`].includes(tag)) return plainScalar(text)
    throw new YamlError(`The tag ${tag} is not known here; only !reference is`, place)
  }

  #tagged(node: ParsedNode, value: Value): Value {
    const tag = node.tag
    if (tag === undefined || tag === `${CORE}map` || tag === `${CORE}seq`) return value
    const place = this.#placeOf(node)
    if (tag === '!reference') return this.#measured(new Reference(value, place), [value])
    throw new YamlError(`The tag ${tag} is not known here; only !reference is`, place)
  }

  #list(node: YAMLSeq.Parsed, depth: number): List {
    const items = node.items.map((item) => this.#value(item as ParsedNode, depth + 1))
    const places = node.items.map((item) => this.#placeOf(item as ParsedNode))
    return this.#measured(new List(items, places), items)
  }

  #dict(node: YAMLMap.Parsed, depth: number): Dict {
    const dict = new Dict()
    const members: Value[] = []
    const seen = new Map<Key, Place>()
    for (const pair of node.items) {
      const keyNode = pair.key as ParsedNode
      const place = this.#placeOf(keyNode)
      const key = this.#key(keyNode, depth, place)
      const value = pair.value === null ? null : this.#value(pair.value as ParsedNode, depth + 1)
      members.push(value)
      if (key === '<<' && merge(dict, value)) continue
      const before = seen.get(key)
      if (before) this.#warnTwice(String(key), before, place)
      seen.set(key, place)
      dict.set(key, value, place)
    }
    return this.#measured(dict, members)
  }

  #key(node: ParsedNode, depth: number, place: Place): Key {
    const key = node === null ? null : this.#value(node, depth + 1)
    if (key instanceof Float) return key.value
    if (key instanceof List || key instanceof Dict || key instanceof Reference) {
      throw new YamlError('A key must be a text', place)
    }
    return key
  }

  /** Adds up what a value takes. Aliases share their value, and count wherever they stand: a bomb is found by its sum. */
  #measured<T extends Value>(value: T, members: readonly Value[]): T {
    let nodes = 1
    let depth = 0
    for (const member of members) {
      const extent = this.#extents.get(member) ?? { nodes: 1, depth: 0 }
      nodes += extent.nodes
      depth = Math.max(depth, extent.depth)
    }
    if (nodes > MAX_NODES || depth >= MAX_DEPTH) throw tooBig(this.#place(0))
    this.#extents.set(value, { nodes, depth: depth + 1 })
    return value
  }

  #warn(message: string, place: Place): void {
    this.#warnings.push({ message, place })
  }

  #warnTwice(key: string, before: Place, place: Place): void {
    const lines = [before, place].map((where) => lineAndColumn(where).line)
    this.#warn(`${key} is written twice, in lines ${lines.join(' and ')}: the second one counts`, place)
  }
}

const tooBig = (place: Place) => new YamlError('The parsed YAML is too big', place)

/** Adds what `<<` refers to, over the keys before it and under those after it; of a list, its first map wins. */
function merge(dict: Dict, value: Value): boolean {
  const sources = value instanceof List ? value.items : [value]
  if (sources.length === 0 || !sources.every((source) => source instanceof Dict)) return false
  const merged = new Dict()
  for (const source of (sources as Dict[]).toReversed()) {
    for (const [key, item, place] of source.entries()) merged.set(key, item, place)
  }
  for (const [key, item, place] of merged.entries()) dict.set(key, item, place)
  return true
}

function asFloat(value: Value, place: Place): Value {
  if (value instanceof Float) return value
  if (typeof value === 'number') return new Float(value)
  throw new YamlError('The tag !!float stands before something that is no number', place)
}

function decodeBase64(text: string): string {
  const bytes = atob(text.replaceAll(/[^A-Za-z0-9+/]/g, '').replace(/^((?:.{4})*).$/, '$1'))
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)))
}

const sentence = (message: string): string => message.split('\n')[0]?.trim() ?? message
