import {
  faultInLine,
  faultInProse,
  faultInText,
  LINE_PATTERNS,
  PROSE_PATTERNS,
  TEXT_PATTERNS,
  type TextFault,
} from '@yardmaster/common'
import { z } from 'zod'
import { HIDDEN } from '../shapes/address.ts'

const LARGEST_ID = 2_147_483_647

/** Ids are positive and fit an SQL integer; other numbers cannot exist. */
export const Id = z.number().int().min(1).max(LARGEST_ID)
export const ById = z.strictObject({ id: Id })

/** Text for a program or a search: anything that can be stored and passed on unchanged, even blanks. */
export const text = (most: number) => checkedText(most, faultInText, TEXT_PATTERNS)

/** Text shown on one line: a name, a path, a tag. */
export const line = (most: number) => checkedText(most, faultInLine, LINE_PATTERNS)

/** Like `line`, but may be empty. */
export const lineOrNothing = (most: number) =>
  checkedText(most, (given) => (given === '' ? null : faultInLine(given)), orNothing(LINE_PATTERNS))

/** Text of several lines for people, or empty. */
export const proseOrNothing = (most: number) =>
  checkedText(most, (given) => (given === '' ? null : faultInProse(given)), orNothing(PROSE_PATTERNS))

const orNothing = (patterns: readonly string[]): string[] => patterns.map((pattern) => `^$|${pattern}`)

/** Documents the check in the schema as well, so that a client can check a text before it sends it. */
const checkedText = (most: number, unfit: (text: string) => TextFault | null, patterns: readonly string[]) =>
  z
    .string()
    .superRefine((given, context) => {
      if (isLonger(given, most)) context.addIssue(`more than ${most} characters`)
      const problem = unfit(given)
      if (problem) context.addIssue(`found ${problem.found}; allowed: ${problem.allowed}`)
    })
    .meta({ maxLength: most, allOf: patterns.map((pattern) => ({ pattern })) })

/** Counts characters as JSON schema does, which are code points: zod counts UTF-16 units. */
function isLonger(text: string, most: number): boolean {
  if (text.length <= most) return false
  let length = 0
  for (const _ of text) {
    length += 1
    if (length > most) return true
  }
  return false
}

/** Characters. More than any request may have (`read-input.ts`), because the use case sets the limit. */
export const LONGEST = 16_777_216

/** The name and the value of a variable. */
export const VariableKey = z.string().regex(/^[A-Za-z0-9_]{1,255}$/, '1 to 255 letters, digits and "_"')
export const VariableValue = text(LONGEST)

/** The name of a ref: close enough to Git's own rules that nothing can be smuggled into a command line. */
export const Ref = line(255).regex(/^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]*$/u, 'the name of a branch or tag')

/**
 * An external address. Refuses one with hidden secrets, as read from this API, because it would overwrite the real one.
 */
export const Address = line(2048).refine(
  (address) => !address.includes(HIDDEN),
  `found ${HIDDEN}, which replaces hidden parts; allowed: the whole address`,
)

/** The cursor that the previous page of a list returned. */
const cursor = (most: number) =>
  z
    .string()
    .regex(numbersUpTo(String(most)), 'a cursor that a list returned')
    .nullish()

/** Matches the decimal numbers from 0 to `most`, without leading zeros. */
function numbersUpTo(most: string): RegExp {
  const smallerFrom = [...most].flatMap((digit, at) => {
    const rest = most.length - at - 1
    const least = at === 0 ? 1 : 0
    return Number(digit) > least ? [`${most.slice(0, at)}[${least}-${Number(digit) - 1}][0-9]{${rest}}`] : []
  })
  return new RegExp(`^(?:0|[1-9][0-9]{0,${most.length - 2}}|${[...smallerFrom, most].join('|')})$`)
}

export const page = { limit: z.number().int().min(1).max(100).default(50), cursor: cursor(LARGEST_ID) }

/** Like `page`, for lists whose ids outgrow an SQL integer. */
export const longPage = { ...page, cursor: cursor(Number.MAX_SAFE_INTEGER) }

/** A quota. */
export const StoredBytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** How long something is kept, at most a century. */
export const Days = z.number().int().min(1).max(36_500)

export const Search = text(255).optional()

/** Returns a page of `limit` items. One item more means that there is a next page. */
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

/** Removes undefined keys from an input: an absent key means "leave it", while an undefined one has no meaning. */
export function defined<T extends object>(given: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const sent = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(sent) as { [Key in keyof T]: Exclude<T[Key], undefined> }
}
