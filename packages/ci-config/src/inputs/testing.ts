import { Dict, type Json, type Place, toJson, type Value } from '../yaml/tree.ts'
import { fromJson } from './json-value.ts'

/** Where values of tests stand. */
export const HERE: Place = { source: { file: null, text: '' }, offset: 0 }

const treeOf = (json: Json): Value => fromJson(json, HERE)

export function dictOf(json: { [key: string]: Json }): Dict {
  const value = treeOf(json)
  return value instanceof Dict ? value : new Dict()
}

/** Returns a value as JSON, for comparison. */
export const asJson = (value: Value): Json => toJson(value)
