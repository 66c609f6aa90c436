import { faultInLine } from '@yardmaster/common'
import { z } from 'zod'
import { type ForgeEvent, NO_OPTIONS, type PushOptions, type RefChange } from '../forge-event.ts'

/** How a forge signs its requests. All compare in constant time. */
type Proof =
  /** HMAC-SHA256 of the body, in hex, after a prefix. `ofJson`: of the JSON in a form, not of the form. */
  | { readonly by: 'hmac'; readonly headers: readonly string[]; readonly prefix: string; readonly ofJson: boolean }
  /** The secret itself in a header; or the headers of Standard Webhooks. */
  | { readonly by: 'token'; readonly header: string; readonly standard: boolean }

/** What is known of one kind of sender. */
export interface Forge {
  readonly proof: Proof
  /** The headers that may name the event, the first one that is there counts. */
  readonly eventHeaders: readonly string[]
  /** The same for the id of the delivery. */
  readonly keyHeaders: readonly string[]
  /** Whether the body is JSON, or text that `read` takes apart. */
  readonly body: 'json' | 'lines'
  /** The fields of each event that are used. */
  readonly fields: z.ZodType
  /** Reads an event. @throws ZodError for a payload that is not what the forge documents. */
  parse(event: string, body: unknown): ForgeEvent
}

/** Long enough for every name that a forge allows. */
const LONGEST_NAME = 255
/** The longest branch that `pipelines.create` takes, and a little more, so that the refusal is not about the prefix. */
const LONGEST_REF = 300
const LARGEST_ID = 2_147_483_647

const NOTHING = /^0+$/

/** A name on one line, null when it can't be shown. Such a name is no reason to refuse the event. */
export const Name = z
  .string()
  .nullish()
  .catch(null)
  .transform((name) => (name == null || name.length > LONGEST_NAME || faultInLine(name) !== null ? null : name))

/** Free text, cut off. */
export const Text = z
  .string()
  .nullish()
  .catch(null)
  .transform((text) => text ?? null)

export const Flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((flag) => flag ?? false)

export const Iid = z.int().min(1).max(LARGEST_ID)

export const Sha = z
  .string()
  .toLowerCase()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'not the full id of a commit')

/** The name of a branch or a tag: Git's own rules, and nothing that a program could take for an option. */
export const RefName = z
  .string()
  .max(LONGEST_NAME, `longer than ${LONGEST_NAME} characters`)
  .regex(/^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]*$/u, 'not the name of a branch or tag')
  .refine((name) => faultInLine(name) === null, 'not the name of a branch or tag')

export const FullRef = z.string().max(LONGEST_REF, 'too long')

/** Makes the error for a field that an event must have. */
export const missing = (field: string) =>
  new z.ZodError([{ code: 'custom', path: [field], message: 'missing', input: undefined }])

/** Names out of a list, without those that can't be shown. */
export const namesIn = (list: readonly ({ readonly name: string | null } | null)[] | null | undefined): string[] =>
  (list ?? []).flatMap((item) => item?.name ?? [])

/** A list of objects whose name is under some key. A faulty list is no reason to refuse the event. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item.nullable().catch(null)).nullish().catch(null)

/**
 * Returns the change of a ref by its full name; null for refs that are neither branches nor tags, such as notes.
 *
 * @throws ZodError for a ref or a commit that can't be one.
 */
export function changeOf(
  fullRef: string,
  {
    before,
    after,
    message = null,
    skip = false,
  }: { before: string | null; after: string | null; message?: string | null; skip?: boolean },
): RefChange | null {
  const found = /^refs\/(heads|tags)\/(.*)$/s.exec(fullRef)
  if (!found) return null
  return {
    ref: RefName.parse(found[2]),
    tag: found[1] === 'tags',
    before: commitOf(before),
    after: commitOf(after),
    message,
    skip,
  }
}

/** Returns null for the id that stands for no commit. */
const commitOf = (id: string | null): string | null => (id === null || NOTHING.test(id) ? null : Sha.parse(id))

const MOST_VARIABLES = 100
const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/
const LONGEST_VALUE = 65_536

/**
 * Reads push options, such as `ci.skip` and `ci.variable=KEY=VALUE`. What is no option of these is for someone else.
 */
export function pushOptions(options: readonly string[]): PushOptions {
  const variables = new Map<string, string>()
  for (const option of options) {
    const given = /^ci\.variable=([^=]+)=(.*)$/s.exec(option)
    const [, key = '', value = ''] = given ?? []
    if (KEY.test(key) && value.length <= LONGEST_VALUE && !value.includes('\0') && value.isWellFormed()) {
      variables.set(key, value)
    }
  }
  const skip = options.some((option) => option === 'ci.skip' || option === 'ci.skip=true')
  if (variables.size === 0) return skip ? { ...NO_OPTIONS, skip } : NO_OPTIONS
  return { skip, variables: [...variables].slice(0, MOST_VARIABLES).map(([key, value]) => ({ key, value })) }
}
