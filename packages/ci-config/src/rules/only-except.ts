import type { RefsPolicy } from '../entries/only-except.ts'
import { holds } from '../expressions/evaluate-expression.ts'
import { isRegularExpressionLiteral, RegularExpression } from '../expressions/regular-expression.ts'
import { Glob } from './glob.ts'
import type { PipelineFacts, Scope } from './pipeline-facts.ts'

/** Whether all parts of a policy hold, each by any of its items: what `only` asks. */
export const allHold = (policy: RefsPolicy, scope: Scope): boolean => parts(policy, scope).every((part) => part())

/** Whether any part of a policy holds: what `except` asks. */
export const anyHolds = (policy: RefsPolicy, scope: Scope): boolean => parts(policy, scope).some((part) => part())

function parts(policy: RefsPolicy, scope: Scope): (() => boolean)[] {
  const { refs, variables, changes, kubernetes } = policy
  return [
    ...(refs ? [() => refs.some((ref) => refMatches(ref, scope.facts))] : []),
    ...(variables ? [() => variables.some((expression) => holds(expression, scope))] : []),
    ...(changes ? [() => anyChanged(changes, scope.facts.changedPaths)] : []),
    // There is no cluster that could be active.
    ...(kubernetes === undefined ? [] : [() => false]),
  ]
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
