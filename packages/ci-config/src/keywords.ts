import { artifacts } from './keywords/artifacts.ts'
import { cache } from './keywords/cache.ts'
import { interruptible, resourceGroup, retry, tags, timeout } from './keywords/control.ts'
import { coverage } from './keywords/coverage.ts'
import { hooks } from './keywords/hooks.ts'
import { image, services } from './keywords/image.ts'
import { inputs } from './keywords/inputs.ts'
import type { Keyword } from './keywords/keyword.ts'
import { type Found, optional } from './keywords/reading.ts'

/**
 * The keywords that are read independently of each other, by their field of a definition. The fields of
 * `JobDefinition`, parsing, the defaults, the stored form and, for keywords passed on unchanged, the payload are
 * derived from this list. The remaining keywords, which are read together, are in `parse-job.ts`.
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
  coverage,
}

type Field = keyof typeof KEYWORDS
type ValueOf<Name extends Field> = (typeof KEYWORDS)[Name] extends Keyword<infer Value> ? Value : never

/** The values of these keywords, as fields of a definition. */
export type KeywordFields = { readonly [Name in Field]: ValueOf<Name> }

const ENTRIES = Object.entries(KEYWORDS) as [Field, Keyword<unknown>][]

export const KEYWORD_NAMES: readonly string[] = ENTRIES.map(([, { keyword }]) => keyword)

/** Those whose value a runner gets unchanged. */
export const PASSED_ON: readonly string[] = ENTRIES.flatMap(([, { keyword, payload }]) => (payload ? [keyword] : []))

/** Reads the values of these keywords from what is given by name. */
export const readKeywords = (given: Readonly<Record<string, Found | undefined>>): KeywordFields =>
  fields(({ keyword, read, stored }) => optional(given[keyword], read, stored.absent))

/** The stored forms of these keywords. */
export const KEYWORD_FORMS = fields(({ stored }) => stored) as {
  readonly [Name in Field]: (typeof KEYWORDS)[Name]['stored']
}

/** Returns the part of a payload that has values in their stored form. */
export const passedOn = (definition: KeywordFields): Readonly<Record<string, unknown>> =>
  Object.fromEntries(ENTRIES.flatMap(([name, { payload }]) => (payload ? [[payload, definition[name]]] : [])))

/** Returns which features these keywords need: a runner without them would silently leave something out. */
export const keywordFeatures = (definition: KeywordFields): Readonly<Record<string, boolean>> =>
  Object.fromEntries(
    ENTRIES.flatMap(([name, { feature, stored }]) =>
      feature ? [[feature, JSON.stringify(definition[name]) !== JSON.stringify(stored.absent)]] : [],
    ),
  )

function fields<Result>(make: (keyword: Keyword<unknown>) => unknown): Result {
  return Object.fromEntries(ENTRIES.map(([name, keyword]) => [name, make(keyword)])) as Result
}
