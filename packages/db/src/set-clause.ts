/** Returns the `set` list of an update with the given fields; appends their values to `params`. */
export function assignments<Changes extends object>(
  columns: { readonly [Field in keyof Changes]?: string },
  changes: Changes,
  params: unknown[],
): string {
  const pairs: string[] = []
  for (const field of Object.keys(columns) as (keyof Changes)[]) {
    if (changes[field] === undefined) continue
    params.push(changes[field])
    pairs.push(`${columns[field]} = $${params.length}`)
  }
  return pairs.join(', ')
}
