// Finds the imports that the rules do not allow.
import { isForTests, isTest, nounOf, ZONES, ZONES_OF_TESTS } from './rules.mjs'

/** @typedef {import('./graph.mjs').Import} Import */
/** @typedef {ReadonlyMap<string, readonly Import[]>} Graph */

/**
 * Returns one sentence for each import that is not allowed, and for each circle.
 *
 * @param {Graph} graph
 * @returns {string[]}
 */
export function faultsIn(graph) {
  const faults = []
  for (const [file, imports] of graph) {
    for (const each of imports) {
      const reason = refusal(file, each)
      if (reason) faults.push(`${file}:${each.line} imports ${each.specifier}: ${reason}`)
    }
  }
  return [...faults, ...circlesOfFiles(graph), ...circlesOfNouns(graph)]
}

/** @returns {string | null} why the import is not allowed, or null. */
function refusal(file, { specifier, target, builtin, onlyTypes }) {
  const forTests = isTest(file) || isForTests(file)
  const zone = zoneIn(forTests ? ZONES_OF_TESTS : ZONES, file)
  if (!zone) return 'this file is not in any zone of scripts/imports/rules.mjs'
  if (builtin !== null) return refusalOfNode(zone, builtin)
  if (target === null) return null
  const within = packageOf(file) === packageOf(target)
  if (specifier.startsWith('.') && !within) return 'a relative path must stay in its package'
  if (/\.(test|spec)\.tsx?$/.test(target)) return 'tests must not be imported'
  if (isForTests(target) && !forTests) return 'only tests and testing files may import testing files'
  const other = zoneIn(ZONES, target)
  if (within && (forTests || !other || other === zone)) return null
  if (other && zone.may.includes(other.name)) return null
  if (other && zone.types?.includes(other.name)) {
    return onlyTypes ? null : `${zone.name} may import only types of ${other.name}`
  }
  return `${zone.name} may not import ${other?.name ?? 'this'}`
}

function refusalOfNode({ name, node }, builtin) {
  if (!node || node.includes(builtin)) return null
  return node.length > 0
    ? `${name} may use only ${node.join(', ')} of Node`
    : `${name} also runs in browsers, which do not have Node’s modules`
}

const zoneIn = (zones, file) => zones.find(({ files }) => files.test(file))

/** Returns the two segments that name a package, such as `apps/gateway`, or one, such as `tests`. */
const packageOf = (file) => /^(?:(?:apps|packages)\/)?[^/]+/.exec(file)?.[0]

/** Finds files that import each other, including types. */
function circlesOfFiles(graph) {
  const edges = new Map()
  for (const [file, imports] of graph) {
    edges.set(
      file,
      new Set(imports.map(({ target }) => target).filter((target) => target !== null && graph.has(target))),
    )
  }
  return circlesIn(edges).map((circle) => `these files import each other: ${circle.join(', ')}`)
}

/** Finds folders of the domain whose values depend on each other. */
function circlesOfNouns(graph) {
  const edges = new Map()
  for (const [file, imports] of graph) {
    const noun = nounOf(file)
    if (noun === null || isTest(file) || isForTests(file)) continue
    const others = edges.get(noun) ?? new Set()
    edges.set(noun, others)
    for (const { target, onlyTypes } of imports) {
      const other = target === null || onlyTypes ? null : nounOf(target)
      if (other !== null && other !== noun) others.add(other)
    }
  }
  return circlesIn(edges).map((circle) => `these folders of the domain depend on each other: ${circle.join(', ')}`)
}

/**
 * Returns the strongly connected components with more than one member (Tarjan), and members that lead to themselves.
 *
 * @param {ReadonlyMap<string, ReadonlySet<string>>} edges
 * @returns {string[][]}
 */
function circlesIn(edges) {
  const circles = []
  const order = new Map()
  const lowest = new Map()
  const stack = []
  const onStack = new Set()

  function visit(node) {
    order.set(node, order.size)
    lowest.set(node, order.get(node))
    stack.push(node)
    onStack.add(node)
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next)
      if (onStack.has(next)) lowest.set(node, Math.min(lowest.get(node), lowest.get(next)))
    }
    if (lowest.get(node) !== order.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    for (const member of circle) onStack.delete(member)
    if (circle.length > 1 || edges.get(node)?.has(node)) circles.push(circle.sort())
  }

  for (const node of edges.keys()) if (!order.has(node)) visit(node)
  return circles
}
