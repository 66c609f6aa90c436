import type { Rule } from '../entries/rules.ts'
import { lineAndColumn } from '../yaml/tree.ts'
import { conditionsOf } from './match-rule.ts'
import { RuleError, type Scope } from './pipeline-facts.ts'

/** What became of one rule. */
export interface RuleVerdict {
  /** Its number among the rules, from 1. */
  readonly number: number
  /** Where it is written; the file is null for the configuration itself, and the line where none is known. */
  readonly file: string | null
  readonly line: number | null
  /** Null when an earlier rule matched, so that this one did not matter. */
  readonly matched: boolean | null
  /** Why, as a sentence. */
  readonly reason: string
}

/**
 * Explains rules one by one, in the order in which they are tried.
 *
 * @param matched - the rule that decided; null when none did.
 * @param most - explains so many of them at most.
 */
export function explainRules(rules: readonly Rule[], matched: Rule | null, scope: Scope, most: number): RuleVerdict[] {
  const decisive = matched === null ? rules.length : rules.indexOf(matched)
  return rules.slice(0, most).map((rule, index) => ({
    number: index + 1,
    file: rule.place?.source.file ?? null,
    line: rule.place ? lineAndColumn(rule.place).line : null,
    ...(index > decisive
      ? { matched: null, reason: `Not looked at: rule ${decisive + 1} decides.` }
      : { matched: index === decisive, reason: explainConditions(rule, index === decisive, scope) }),
  }))
}

/** Returns the number of a rule and where it is written, for a sentence. */
export function nameOfRule(rules: readonly Rule[], rule: Rule): string {
  const number = `Rule ${rules.indexOf(rule) + 1}`
  if (!rule.place) return number
  const { file } = rule.place.source
  return `${number} (${file === null ? '' : `${file}, `}line ${lineAndColumn(rule.place).line})`
}

/** Says why a rule matches or does not. */
export function explainConditions(rule: Rule, isMatched: boolean, scope: Scope): string {
  const conditions = conditionsOf(rule, scope)
  if (conditions.length === 0) return 'It has no condition, so it always matches.'
  if (isMatched) return sentence(conditions.map(({ keyword }) => SAYS[keyword](rule, scope).holding).join(', and '))
  try {
    const failed = conditions.find((condition) => !condition.holds())
    return failed ? sentence(SAYS[failed.keyword](rule, scope).failing) : 'It matches.'
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    return sentence(error.message)
  }
}

/** What to say of each condition when it holds, and when it does not. */
const SAYS: Readonly<
  Record<
    'if' | 'changes' | 'exists',
    (rule: Rule, scope: Scope) => { readonly holding: string; readonly failing: string }
  >
> = {
  if: ({ if: expression = '' }, scope) => {
    const shown = short(expression.trim())
    const values = valuesIn(expression, scope)
    return { holding: `the condition ${shown} is true${values}`, failing: `the condition ${shown} is false${values}` }
  },
  changes: ({ changes }, { facts }) => {
    const patterns = listed(changes?.paths ?? [])
    const isUnknown = changes?.compareTo === undefined ? facts.changedPaths === null : !facts.changedSince
    return {
      holding: isUnknown
        ? 'which paths changed is not known, which counts as a change'
        : `a changed path matches ${patterns}`,
      failing: `no changed path matches ${patterns}`,
    }
  },
  exists: ({ exists }) => {
    const patterns = listed(exists?.paths ?? [])
    return { holding: `a file matches ${patterns}`, failing: `no file matches ${patterns}` }
  },
}

/** Patterns that are named, and characters of a text that are shown. */
const MOST_LISTED = 3
const LONGEST_SHOWN = 200

function listed(patterns: readonly string[]): string {
  if (patterns.length === 0) return 'an empty list'
  const named = patterns.slice(0, MOST_LISTED).map(short)
  const more = patterns.length - named.length
  return more > 0 ? `${named.join(', ')} or ${more} more` : named.join(' or ')
}

const MOST_VALUES = 4
const LONGEST_VALUE = 60

/** Returns the values of the variables in an expression, to be added to a sentence about it. */
function valuesIn(expression: string, { variables, masked }: Scope): string {
  const names = new Set([...expression.matchAll(/\$(\w+)/g)].map(([, name]) => name as string))
  const values = [...names].slice(0, MOST_VALUES).map((name) => {
    const value = variables.get(name)
    if (value === undefined) return `$${name} is not set`
    if (masked?.has(name)) return `$${name} is set`
    const shown = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value
    return `$${name} is ${JSON.stringify(shown)}`
  })
  return values.length === 0 ? '' : ` (${values.join(', ')})`
}

const short = (text: string): string => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
