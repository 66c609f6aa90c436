import type { KnownVariables } from '../includes/known-variables.ts'
import { MAX_DEPTH } from '../yaml/read-yaml.ts'
import { rubyText } from '../yaml/ruby-text.ts'
import { Dict, Float, type Key, List, type Place, type Value } from '../yaml/tree.ts'
import { accessValue } from './access-value.ts'
import { type FoundBlock, findBlocks } from './find-blocks.ts'
import { parseCall } from './functions.ts'
import { replaceBlock, TooLongError } from './replace-block.ts'

/** Different blocks of one file. */
export const MAX_BLOCKS = 10_000
/** Functions in one block. */
const MAX_FUNCTIONS = 3
/** Values of one file, after interpolation. */
const MAX_NODES = 500_000
/** Bytes of one text, before interpolation and after. */
export const MAX_NODE_BYTES = 1024 * 1024
/** Characters of all texts that come of blocks, and of those that functions read. The reference has no limit here. */
const MAX_CHARACTERS = 20 * 1024 * 1024
/** Characters that are searched for the blocks of one text. The reference has no limit here. */
const MAX_SEARCHED = 20 * MAX_NODE_BYTES

/** What is wrong in a block, at the place of the text that it stands in. */
export class InterpolationError extends Error {
  readonly problems: readonly string[]
  readonly place: Place

  constructor(problems: readonly string[], place: Place) {
    super(problems.join(', '))
    this.problems = problems
    this.place = place
  }
}

/** The values that blocks may use. */
export interface Interpolated {
  /** What paths begin with: `inputs` and `component`. */
  readonly context: Dict
  readonly variables: KnownVariables
}

/**
 * Returns the content with a value in place of each block, in keys and in values. A text that is nothing but one block
 * becomes the value itself, with its type; as an item of a list, a list is put in item by item. Blocks that begin with
 * `matrix` stay, since they are replaced once jobs are known, and so does everything in `!reference`.
 *
 * @throws InterpolationError for the first block that is wrong, and for what goes past a limit.
 */
export const interpolate = (content: Dict, given: Interpolated): Dict => new Interpolation(given).dict(content, 1)

/** What a block stands for; undefined when it stays as it is. */
type Replacement = Value | undefined

interface Extent {
  readonly nodes: number
  readonly depth: number
}

class Interpolation {
  readonly #given: Interpolated
  readonly #replacements = new Map<string, Replacement>()
  readonly #extents = new Map<Value, Extent>()
  readonly #texts = new Map<Value, string>()
  #nodes = 0
  #characters = 0

  constructor(given: Interpolated) {
    this.#given = given
  }

  dict(dict: Dict, depth: number): Dict {
    const replaced = new Dict()
    for (const [key, value, place] of dict.entries()) {
      const newKey = this.#key(key, place, depth)
      replaced.set(newKey, this.#value(value, place, depth + 1), place)
    }
    return replaced
  }

  #key(key: Key, place: Place, depth: number): Key {
    const replaced = this.#value(key, place, depth + 1)
    if (replaced instanceof Float) return replaced.value
    return typeof replaced === 'object' && replaced !== null ? rubyText(replaced) : replaced
  }

  #value(value: Value, place: Place, depth: number): Value {
    this.#count(1, place)
    if (typeof value === 'string') return this.#text(value, place, depth)
    if (value instanceof Dict) return this.dict(value, depth)
    return value instanceof List ? this.#list(value, depth) : value
  }

  #list(list: List, depth: number): List {
    const items: Value[] = []
    const places: Place[] = []
    for (const [index, item] of list.items.entries()) {
      const place = list.places[index] as Place
      const replaced = this.#value(item, place, depth + 1)
      const isSpliced = typeof item === 'string' && replaced instanceof List
      for (const one of isSpliced ? replaced.items : [replaced]) {
        items.push(one)
        places.push(place)
      }
    }
    return new List(items, places)
  }

  #text(text: string, place: Place, depth: number): Value {
    if (utf8Length(text) > MAX_NODE_BYTES) throw new InterpolationError(['config node too large'], place)
    const blocks = text.includes('$[[') ? findBlocks(text) : []
    const [first] = blocks
    if (first === undefined) return text
    const replacements = new Map(blocks.map((block) => [block.text, this.#replacement(block, place)]))
    if (blocks.length > 1 || first.text.length !== text.length) return this.#replaced(text, replacements, place)
    const only = replacements.get(first.text)
    return only === undefined ? text : this.#inserted(only, place, depth)
  }

  #replacement(block: FoundBlock, place: Place): Replacement {
    if (!this.#replacements.has(block.text)) {
      if (this.#replacements.size === MAX_BLOCKS) throw new InterpolationError(['too many interpolation blocks'], place)
      this.#replacements.set(block.text, this.#evaluate(block.inside, place))
    }
    return this.#replacements.get(block.text)
  }

  /** Returns the value of a block; undefined when it is left for later. */
  #evaluate(inside: string, place: Place): Value | undefined {
    const [path = '', ...calls] = pieces(inside)
    if (path.split('.')[0] === 'matrix') return undefined
    const accessed = accessValue(path, this.#given.context)
    if ('errors' in accessed) throw new InterpolationError(accessed.errors, place)
    if (calls.length > MAX_FUNCTIONS) {
      throw new InterpolationError(['too many functions in interpolation block'], place)
    }
    const functions = calls.map((call) => parseCall(call) ?? call)
    const unknown = functions.filter((call) => typeof call === 'string')
    if (unknown.length > 0) throw new InterpolationError(unknown.map(notAFunction), place)
    let value = accessed.value
    for (const call of functions) {
      if (typeof call === 'string') continue
      if (typeof value === 'string') this.#countCharacters(value, place)
      const applied = call.apply(value, { variables: this.#given.variables, place })
      if ('error' in applied) throw new InterpolationError([applied.error], place)
      value = applied.value
    }
    return value
  }

  #replaced(text: string, replacements: ReadonlyMap<string, Replacement>, place: Place): string {
    try {
      let replaced = text
      let searched = 0
      for (const [block, value] of replacements) {
        if (value === undefined) continue
        searched += replaced.length
        if (searched > MAX_SEARCHED) throw new TooLongError()
        replaced = replaceBlock(replaced, block, this.#textOf(value), MAX_NODE_BYTES)
      }
      this.#countCharacters(replaced, place)
      return replaced
    } catch (error) {
      if (error instanceof TooLongError) throw new InterpolationError(['config node too large'], place)
      throw error
    }
  }

  #textOf(value: Value): string {
    if (typeof value === 'string') return value
    const text = this.#texts.get(value) ?? rubyText(value)
    this.#texts.set(value, text)
    return text
  }

  /** Counts a value that is put in whole: it may be put in many times, and be as deep as another file allows. */
  #inserted(value: Value, place: Place, depth: number): Value {
    const extent = this.#extentOf(value)
    this.#count(extent.nodes - 1, place)
    if (depth + extent.depth > 2 * MAX_DEPTH) throw new InterpolationError(['config too large'], place)
    return value
  }

  #extentOf(value: Value): Extent {
    if (!(value instanceof List || value instanceof Dict)) return { nodes: 1, depth: 0 }
    const known = this.#extents.get(value)
    if (known !== undefined) return known
    const members = value instanceof List ? value.items : value.entries().map(([, member]) => member)
    const extents = members.map((member) => this.#extentOf(member))
    const extent = {
      nodes: extents.reduce((sum, { nodes }) => sum + nodes, 1),
      depth: extents.reduce((deepest, { depth }) => Math.max(deepest, depth), 0) + 1,
    }
    this.#extents.set(value, extent)
    return extent
  }

  #countCharacters(text: string, place: Place): void {
    this.#characters += text.length
    if (this.#characters > MAX_CHARACTERS) throw new InterpolationError(['config too large'], place)
  }

  #count(nodes: number, place: Place): void {
    this.#nodes += nodes
    if (this.#nodes > MAX_NODES) throw new InterpolationError(['config too large'], place)
  }
}

/** Cuts at bars. Empty pieces at the end do not count. */
function pieces(inside: string): string[] {
  const all = inside.split('|')
  while (all.at(-1) === '') all.pop()
  return all.map((piece) => piece.trim())
}

const notAFunction = (call: string): string =>
  `no function matching \`${call}\`: check that the function name, arguments, and types are correct`

const utf8Length = (text: string): number =>
  text.length * 3 <= MAX_NODE_BYTES || text.length > MAX_NODE_BYTES
    ? text.length
    : new TextEncoder().encode(text).length
