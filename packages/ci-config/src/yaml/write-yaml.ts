import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { isDate, plainScalar } from './plain-scalar.ts'
import { Dict, Float, type Key, List, Reference, type Value } from './tree.ts'

/**
 * Writes a configuration as YAML in the order of its keys, texts of several lines as blocks. Reading it gives the same
 * values again.
 *
 * @returns null when the text would have more characters than allowed. A text that stands at many places is written at
 *   each of them.
 */
export function writeYaml(tree: Dict, most: number): string | null {
  if (!fits(tree, most)) return null
  const document = new Document(null, { version: '1.1', schema: 'failsafe', logLevel: 'silent' })
  document.contents = nodeOf(tree) as Document['contents']
  // Any other width would fold long lines, and a fold is hard to read in a script.
  return document.toString({ lineWidth: 0, directives: false, flowCollectionPadding: false })
}

/** Adds up the characters of a value before anything is written. */
function fits(tree: Dict, most: number): boolean {
  const open: { value: Value; depth: number }[] = [{ value: tree, depth: 0 }]
  let size = 0
  for (let next = open.pop(); next !== undefined && size <= most; next = open.pop()) {
    const { value, depth } = next
    // Indentation, a dash or colon, and a line break.
    size += 2 * depth + 3
    if (value instanceof List) for (const item of value.items) open.push({ value: item, depth: depth + 1 })
    else if (value instanceof Reference) open.push({ value: value.target, depth: depth + 1 })
    else if (value instanceof Dict) {
      for (const [key, member] of value.entries()) {
        size += String(key).length
        open.push({ value: member, depth: depth + 1 })
      }
    } else size += String(value).length
  }
  return size <= most
}

function nodeOf(value: Value): Scalar | YAMLMap | YAMLSeq {
  if (value instanceof List) return listOf(value)
  if (value instanceof Dict) {
    const map = new YAMLMap()
    for (const [key, member] of value.entries()) map.items.push(new Pair(scalarOf(key), nodeOf(member)))
    if (value.size === 0) map.flow = true
    return map
  }
  if (value instanceof Reference) {
    const node = value.target instanceof List ? listOf(value.target) : (nodeOf(value.target) as Scalar)
    node.tag = '!reference'
    if (node instanceof YAMLSeq) node.flow = true
    return node
  }
  return scalarOf(value)
}

function listOf({ items }: List): YAMLSeq {
  const list = new YAMLSeq()
  list.items.push(...items.map(nodeOf))
  if (items.length === 0) list.flow = true
  return list
}

function scalarOf(value: Key | Float): Scalar {
  const isText = typeof value === 'string'
  const scalar = new Scalar(isText ? value : plainTextOf(value))
  scalar.type = isText ? styleOf(value) : 'PLAIN'
  return scalar
}

/** Spells a value that is no text, so that it is read as the same value. */
function plainTextOf(value: Exclude<Key, string> | Float): string {
  if (value instanceof Float) {
    if (Number.isNaN(value.value)) return '.nan'
    if (!Number.isFinite(value.value)) return value.value > 0 ? '.inf' : '-.inf'
  }
  return value === null ? 'null' : String(value)
}

/** Characters that a reader does not keep as they are outside of double quotes. */
const NEEDS_ESCAPES = /[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/u
/** What divides documents at the start of a line, or means more than a text as a key. */
const MARK = /^(?:---|\.\.\.|<<$|[%@`])/

function styleOf(text: string): Scalar.Type {
  if (NEEDS_ESCAPES.test(text)) return 'QUOTE_DOUBLE'
  // A block cannot hold a text of blanks alone, and one whose first line is indented is hard to read.
  if (text.includes('\n')) return /^\s/.test(text) || /[ \t]\n|[ \t]$/.test(text) ? 'QUOTE_DOUBLE' : 'BLOCK_LITERAL'
  return plainScalar(text) === text && !isDate(text) && !MARK.test(text) ? 'PLAIN' : 'QUOTE_DOUBLE'
}
