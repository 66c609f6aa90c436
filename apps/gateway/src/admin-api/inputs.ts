import { z } from 'zod'

/** Ids are positive and fit an SQL integer; anything else exists nowhere. */
export const Id = z.number().int().min(1).max(2_147_483_647)
export const ById = z.strictObject({ id: Id })

/** Where a list goes on: what the last page returned. */
export const page = {
  limit: z.number().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,10}$/, 'a cursor that a list returned')
    .nullish(),
}

/** The same for lists whose ids outgrow an SQL integer. */
export const longPage = {
  ...page,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'a cursor that a list returned')
    .nullish(),
}

export const Search = z.string().max(255).optional()

/** One item more than asked for was read: it says whether there is a next page. */
export function pageOf<Item extends { id: number }, View>(
  items: readonly Item[],
  limit: number,
  view: (item: Item) => View,
): { items: View[]; nextCursor: string | null } {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(view), nextCursor: items.length > limit && last ? String(last.id) : null }
}

export const before = (cursor: string | null | undefined): number | undefined =>
  cursor == null ? undefined : Number(cursor)

/** Input without the keys that were not sent: a key that is absent means "leave it", one that is undefined nothing. */
export function defined<T extends object>(given: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const sent = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(sent) as { [Key in keyof T]: Exclude<T[Key], undefined> }
}
