import { z } from 'zod'

/** A `Date` in code; ISO 8601 in UTC with milliseconds in JSON. */
export const Time = z.date()
export const TimeOrNull = Time.nullable()

/** Bytes, seconds, and other whole numbers. */
export const Count = z.int().min(0)
export const CountOrNull = Count.nullable()

export const IdShape = z.int().min(1)
export const IdOrNull = IdShape.nullable()

export const TextOrNull = z.string().nullable()

/** What people see of every kind of variable. */
export const variableMembers = {
  key: z.string(),
  value: TextOrNull.describe('Null when it is masked.'),
  masked: z.boolean(),
  file: z.boolean(),
  raw: z.boolean(),
} as const

/** A read-only array, as the domain returns it. */
export const list = <Item extends z.ZodType>(item: Item) =>
  z.array(item) as unknown as z.ZodType<readonly z.output<Item>[], readonly z.input<Item>[]>

/** A record that has a meaning only for its sender: a runner's features, the options of a section. */
export const OpenRecord = z.record(z.string(), z.unknown())

/** A page of a list, and the `cursor` of the next page; null on the last page. */
export const pageOfItems = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: list(item), nextCursor: TextOrNull })

/** A secret that is shown only once. */
export const NewToken = z.strictObject({ token: z.string() }).meta({ id: 'NewToken' })

/** An answer without a body. */
export const Nothing = z.void()
