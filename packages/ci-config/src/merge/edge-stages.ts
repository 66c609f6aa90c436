import type { Dict } from '../yaml/tree.ts'
import { List, type Value } from '../yaml/tree.ts'

export const PRE = '.pre'
export const POST = '.post'

/** Puts `.pre` first and `.post` last in the given stages, wherever they stand in the list. */
export function withEdgeStages(root: Dict): Dict {
  const stages = root.get('stages')
  const place = root.placeOf('stages')
  if (!(stages instanceof List) || stages.items.length === 0 || place === undefined) return root
  const inner = stages.items
    .map((item, index) => [item, stages.places[index] ?? place] as const)
    .filter(([item]) => item !== PRE && item !== POST)
  const items: Value[] = [PRE, ...inner.map(([item]) => item), POST]
  const wrapped = root.copy()
  wrapped.set('stages', new List(items, [place, ...inner.map(([, at]) => at), place]), place)
  return wrapped
}
