import { Dict, type Value } from '../yaml/tree.ts'
import type { IncludeRun } from './include-run.ts'

/**
 * Merges maps into the first of them, in order: maps inside are merged key by key, anything else of a later one replaces
 * what is there. The outcome is that of `deepMerge`, without a copy of everything for each file. Maps inside the given ones
 * may be shared, and are copied before they change.
 */
export async function mergeFiles(first: Dict, others: readonly Dict[], run: IncludeRun): Promise<Dict> {
  const own = new WeakSet<Dict>()
  for (const other of others) {
    await run.breathe()
    mergeInto(first, other, own)
  }
  return first
}

function mergeInto(target: Dict, source: Dict, own: WeakSet<Dict>): void {
  for (const [key, value, place] of source.entries()) {
    target.set(key, mergedValue(target.get(key), value, own), place)
  }
}

function mergedValue(before: Value | undefined, value: Value, own: WeakSet<Dict>): Value {
  if (!(before instanceof Dict && value instanceof Dict)) return value
  const target = own.has(before) ? before : before.copy()
  own.add(target)
  mergeInto(target, value, own)
  return target
}
