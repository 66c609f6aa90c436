// Reads the imports of each source file.
import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { SOURCES } from './rules.mjs'

/**
 * @typedef {object} Import
 * @property {string} specifier - as it is written.
 * @property {string | null} target - a file of this repository, from the root; null for anything else.
 * @property {string | null} builtin - the name of one of Node's modules, without `node:`.
 * @property {boolean} onlyTypes - the import disappears at run time.
 * @property {number} line
 */

/**
 * Reads all source files below a root.
 *
 * @param {string} root
 */
export function readGraph(root) {
  const entries = readEntries(root)
  const files = globSync(`{${SOURCES.join(',')}}/**/*.{ts,tsx,mjs}`, {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(path),
  })
  /** @type {Map<string, Import[]>} */
  const graph = new Map()
  for (const file of files.map((path) => path.replaceAll('\\', '/')).sort()) {
    graph.set(file, importsOf(file, readFileSync(join(root, file), 'utf8'), entries))
  }
  return { graph, entries }
}

/** Returns the file behind each package entry, such as `@yardmaster/db/testing`. */
function readEntries(root) {
  const entries = new Map()
  for (const file of globSync('{apps,packages}/*/package.json', { cwd: root })) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, file), 'utf8'))
    const folder = posix.dirname(file.replaceAll('\\', '/'))
    for (const [path, target] of Object.entries(exports))
      entries.set(posix.join(name, path), posix.join(folder, target))
  }
  return entries
}

/**
 * Returns what a text imports or re-exports, including types.
 *
 * @param {string} file
 * @param {string} text
 * @param {ReadonlyMap<string, string>} entries
 * @returns {Import[]}
 */
export function importsOf(file, text, entries) {
  const parsed = parseSync(file, text)
  const { module, errors } = parsed
  if (errors.length > 0) throw new Error(`${file} can't be parsed: ${errors[0]?.message}`)
  const found = [
    ...module.staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      onlyTypes: entries.length > 0 && entries.every(({ isType }) => isType),
      start,
    })),
    ...module.staticExports.flatMap(({ entries, start }) =>
      entries
        .filter(({ moduleRequest }) => moduleRequest)
        .map(({ moduleRequest, isType }) => ({ specifier: moduleRequest.value, onlyTypes: isType, start })),
    ),
  ]
  if (text.includes('import(')) found.push(...importsInside(parsed.program))
  return found.map(({ specifier, onlyTypes, start }) => ({
    specifier,
    target: resolve(file, specifier, entries),
    builtin: isBuiltin(specifier) ? specifier.replace(/^node:/, '') : null,
    onlyTypes,
    line: text.slice(0, start).split('\n').length,
  }))
}

/** Finds `import('…')`, which is a value, or a type where a type is written. */
function importsInside(program) {
  const found = []
  const visitor = new Visitor({
    ImportExpression({ source, start }) {
      if (source.type === 'Literal') found.push({ specifier: source.value, onlyTypes: false, start })
    },
    TSImportType({ source, start }) {
      found.push({ specifier: source.value, onlyTypes: true, start })
    },
  })
  visitor.visit(program)
  return found
}

function resolve(file, specifier, entries) {
  const path = specifier.replace(/\?.*$/, '')
  if (path.startsWith('.')) return posix.join(posix.dirname(file), path)
  if (!path.startsWith('@yardmaster/')) return null
  // An entry that a package does not export is not a file; the result makes the rules refuse it.
  return entries.get(path) ?? `${path} (which the package does not export)`
}
