import type { At } from '../entries/at.ts'
import { inputNamesIn, parseExpression } from '../expressions/parse-expression.ts'
import type { Fault } from '../fault.ts'
import { Dict, List, type Value } from '../yaml/tree.ts'

/** Faults by the name of the input that they are about. */
export type FaultsByInput = ReadonlyMap<string, readonly Fault[]>

/** Checks that the rules of inputs ask only for inputs that exist, and that no input depends on itself. */
export function checkDependencies(inputs: Dict, at: At): FaultsByInput {
  const found = new Map<string, Fault[]>()
  const add = (name: string, fault: Fault): void => {
    found.set(name, [...(found.get(name) ?? []), fault])
  }
  const needed = new Map<string, string[]>()
  const names = new Set(inputs.keys().map(String))
  for (const [key, input] of inputs.entries()) {
    const asked = namesAskedFor(input)
    needed.set(String(key), asked.flat())
    for (const [index, rule] of asked.entries()) {
      const unknown = rule.filter((name) => !names.has(name))
      if (unknown.length === 0) continue
      const problem = `rule[${index}] references undefined inputs: ${unknown.join(', ')}`
      add(String(key), at.key(inputs, key).fault('config', problem))
    }
  }
  const [first] = inputs.keys()
  if (first !== undefined && hasCircle(needed)) {
    add(String(first), at.key(inputs, first).fault('config', 'circular dependency detected'))
  }
  return found
}

/** Returns, for each rule of an input, the names of the inputs in its condition. */
function namesAskedFor(input: Value): string[][] {
  const rules = input instanceof Dict ? input.get('rules') : undefined
  if (!(rules instanceof List)) return []
  return rules.items.map((rule) => {
    const condition = rule instanceof Dict ? rule.get('if') : undefined
    const expression = typeof condition === 'string' ? parseExpression(condition) : null
    return expression === null ? [] : inputNamesIn(expression)
  })
}

/** Takes away inputs that need nothing that is left, until none is left or none can go. */
function hasCircle(needed: ReadonlyMap<string, readonly string[]>): boolean {
  const dependents = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const [name, others] of needed) {
    const known = others.filter((other) => needed.has(other))
    open.set(name, known.length)
    for (const other of known) {
      const names = dependents.get(other)
      if (names) names.push(name)
      else dependents.set(other, [name])
    }
  }
  const free = [...open].filter(([, count]) => count === 0).map(([name]) => name)
  let left = open.size
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    left -= 1
    for (const dependent of dependents.get(name) ?? []) {
      const count = (open.get(dependent) ?? 0) - 1
      open.set(dependent, count)
      if (count === 0) free.push(dependent)
    }
  }
  return left > 0
}
