import type { Fault } from '../fault.ts'
import { Dict, Float, isInteger, isScalar, List, type Scalar, textOf, type Value } from '../yaml/tree.ts'
import { type At, type Check, checkKeys } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** Jobs that one job may become. */
const PARALLEL_LIMIT = 200

/** The rows of one map of a matrix: a variable and its values. */
export type MatrixRow = readonly (readonly [name: string, values: readonly string[]])[]
export type Parallel = { readonly number: number } | { readonly matrix: readonly MatrixRow[] }

const isNumber = (value: Value): boolean => isInteger(value) || value instanceof Float

/** Checks `parallel`; in a trigger job only a matrix is allowed. */
export const checkParallel =
  ({ onlyMatrix = false } = {}): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    if (isNumber(value)) {
      own.integer(value, { minimum: 1, maximum: PARALLEL_LIMIT })
      if (onlyMatrix) own.add('config', 'cannot use "parallel: <number>".')
      return own.found
    }
    if (!(value instanceof Dict)) return [at.rawFault(`${at.location} should be an integer or a hash`)]
    own.allowedKeys(value, ['matrix'])
    own.requiredKeys(value, ['matrix'])
    if (own.found.length > 0) return own.found
    return checkKeys(value, at, { matrix: checkMatrix })
  }

const checkMatrix: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.listOfMaps(value)
  if (own.found.length > 0 || !(value instanceof List)) return own.found
  const inside = value.items.flatMap((row, index) =>
    checkRow(row, at.item('variables', index, value.places[index], { named: false })),
  )
  const jobs = matrixOf(value)
    .map((row) => row.reduce((product, [, values]) => product * values.length, 1))
    .reduce((sum, count) => sum + count, 0)
  own.expect(jobs <= PARALLEL_LIMIT, 'config', `generates too many jobs (maximum is ${PARALLEL_LIMIT})`)
  return [...own.found, ...inside]
}

function checkRow(row: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  const isWord = (value: unknown): boolean => typeof value === 'string' || isInteger(value)
  const fits =
    row instanceof Dict &&
    row
      .entries()
      .every(([key, value]) => isWord(key) && (value instanceof List ? value.items.every(isWord) : isWord(value)))
  own.expect(fits, 'config', 'should be a hash of key value pairs, value can be an array')
  own.expect(row instanceof Dict && row.size > 0, 'config', 'requires at least 1 items')
  return own.found
}

const matrixOf = (value: Value): MatrixRow[] =>
  value instanceof List
    ? value.items.map((row) =>
        row instanceof Dict ? row.entries().map(([key, values]) => [String(key), valuesOf(values)] as const) : [],
      )
    : []

function valuesOf(value: Value): string[] {
  const items = value instanceof List ? value.items : value === null ? [] : [value]
  return items.map((item) => (isScalar(item) ? textOf(item as Scalar) : ''))
}

/** Returns what a checked `parallel` asks for. */
export function parallelOf(value: Value): Parallel {
  return value instanceof Dict ? { matrix: matrixOf(value.get('matrix') ?? null) } : { number: Number(value) }
}
