import { Dict, List, Reference, textOf, toJson, type Value } from './tree.ts'

/**
 * Returns what a value becomes inside a longer text. Lists and maps look the way Ruby prints them, because that is what
 * the reference puts there.
 */
export const rubyText = (value: Value): string =>
  value instanceof List || value instanceof Dict || value instanceof Reference ? inspected(value) : textOf(value)

function inspected(value: Value): string {
  if (value === null) return 'nil'
  if (typeof value === 'string') return quoted(value)
  if (value instanceof List) return `[${value.items.map(inspected).join(', ')}]`
  if (value instanceof Dict) {
    const pairs = value.entries().map(([key, item]) => `${inspectedKey(String(key))}=>${inspected(item)}`)
    return `{${pairs.join(', ')}}`
  }
  return value instanceof Reference ? String(toJson(value)) : textOf(value)
}

const inspectedKey = (key: string): string => (/^[A-Za-z_]\w*[?!]?$/.test(key) ? `:${key}` : `:${quoted(key)}`)

const quoted = (text: string): string => JSON.stringify(text).replaceAll(/#(?=[{$@])/g, '\\#')
