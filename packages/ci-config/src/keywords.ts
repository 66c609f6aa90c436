import { artifacts } from './keywords/artifacts.ts'
import { cache } from './keywords/cache.ts'
import { interruptible, resourceGroup, retry, tags, timeout } from './keywords/control.ts'
import { hooks } from './keywords/hooks.ts'
import { image, services } from './keywords/image.ts'
import { inputs } from './keywords/inputs.ts'
import type { Keyword } from './keywords/keyword.ts'
import { type Found, optional } from './keywords/reading.ts'

/**
 * The keywords that are read on their own, by their field of a definition. The fields of `JobDefinition`, parsing, the
 * defaults, the stored form and, where a keyword is passed on as it is, the payload derive from this list. The others,
 * which are read together, are in `parse-job.ts`.
 */
export const KEYWORDS = {
  image,
  services,
  tags,
  timeout,
  artifacts,
  cache,
  retry,
  resourceGroup,
  hooks,
  inputs,
  interruptible,
}

type Field = keyof typeof KEYWORDS
type ValueOf<Name extends Field> = (typeof KEYWORDS)[Name] extends Keyword<infer Value> ? Value : never

/** What these keywords say, as fields of a definition. */
export type KeywordFields = { readonly [Name in Field]: ValueOf<Name> }

const ENTRIES = Object.entries(KEYWORDS) as [Field, Keyword<unknown>][]

export const KEYWORD_NAMES: readonly string[] = ENTRIES.map(([, { keyword }]) => keyword)

/** Reads them from what is given by name. */
export const readKeywords = (given: Readonly<Record<string, Found | undefined>>): KeywordFields =>
  fields(({ keyword, read, stored }) => optional(given[keyword], read, stored.absent))

/** How they are stored. */
export const KEYWORD_FORMS = fields(({ stored }) => stored) as {
  readonly [Name in Field]: (typeof KEYWORDS)[Name]['stored']
}

/** The part of a payload that carries values as they are stored. */
export const passedOn = (definition: KeywordFields): Readonly<Record<string, unknown>> =>
  Object.fromEntries(ENTRIES.flatMap(([name, { payload }]) => (payload ? [[payload, definition[name]]] : [])))

/** The features without which a runner would leave out something that these keywords say. */
export const keywordFeatures = (definition: KeywordFields): Readonly<Record<string, boolean>> =>
  Object.fromEntries(
    ENTRIES.flatMap(([name, { feature, stored }]) =>
      feature ? [[feature, JSON.stringify(definition[name]) !== JSON.stringify(stored.absent)]] : [],
    ),
  )

function fields<Result>(make: (keyword: Keyword<unknown>) => unknown): Result {
  return Object.fromEntries(ENTRIES.map(([name, keyword]) => [name, make(keyword)])) as Result
}
