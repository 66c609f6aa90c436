import type { RefsPolicy } from '../entries/only-except.ts'
import { holds } from '../expressions/evaluate-expression.ts'
import { isRegularExpressionLiteral, RegularExpression } from '../expressions/regular-expression.ts'
import { Glob } from './glob.ts'
import type { PipelineFacts, Scope } from './pipeline-facts.ts'

/** A part of a policy, by its keyword. Each holds by any of its items. */
export type PolicyPart = keyof RefsPolicy

/** Returns the first part of a policy that does not hold, or null: `only` asks for all of them. */
export const failingPart = (policy: RefsPolicy, scope: Scope): PolicyPart | null =>
  parts(policy, scope).find(([, holdsNow]) => !holdsNow())?.[0] ?? null

/** Returns the first part of a policy that holds, or null: `except` asks for any of them. */
export const holdingPart = (policy: RefsPolicy, scope: Scope): PolicyPart | null =>
  parts(policy, scope).find(([, holdsNow]) => holdsNow())?.[0] ?? null

function parts(policy: RefsPolicy, scope: Scope): (readonly [PolicyPart, () => boolean])[] {
  const { refs, variables, changes, kubernetes } = policy
  const all: [PolicyPart, () => boolean][] = []
  if (refs) all.push(['refs', () => refs.some((ref) => refMatches(ref, scope.facts))])
  if (variables) all.push(['variables', () => variables.some((expression) => holds(expression, scope))])
  if (changes) all.push(['changes', () => anyChanged(changes, scope.facts.changedPaths)])
  // There is no cluster that could be active.
  if (kubernetes !== undefined) all.push(['kubernetes', () => false])
  return all
}

function anyChanged(patterns: readonly string[], changed: readonly string[] | null): boolean {
  if (changed === null) return true
  return patterns.some((pattern) => {
    const glob = new Glob(pattern)
    return changed.some((path) => glob.matches(path))
  })
}

function refMatches(item: string, facts: PipelineFacts): boolean {
  const at = item.indexOf('@')
  const pattern = at < 0 ? item : item.slice(0, at)
  if (at >= 0 && item.slice(at + 1) !== facts.projectPath) return false
  if (facts.refKind === 'tag' && pattern === 'tags') return true
  if (facts.refKind === 'branch' && pattern === 'branches') return true
  const source = facts.source.replace(/_event$/, '')
  if (pattern === source || pattern === plural(source)) return true
  if (facts.refKind === 'other') return false
  if (!isRegularExpressionLiteral(pattern)) return pattern === facts.ref
  return RegularExpression.parseLiteral(pattern)?.isFoundIn(facts.ref) ?? false
}

const plural = (word: string): string =>
  word.endsWith('h') || word.endsWith('s') ? `${word}es` : word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
