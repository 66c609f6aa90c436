import type { Rule, RuleChanges, RuleExists } from '../entries/rules.ts'
import { holds } from '../expressions/evaluate-expression.ts'
import { Glob } from './glob.ts'
import { RuleError, type Scope } from './pipeline-facts.ts'

/** Patterns times paths that are compared. Beyond it a condition counts as true. */
const MAX_COMPARISONS = 50_000

/**
 * Returns the first rule whose conditions all hold, or null.
 *
 * @throws RuleError when a condition names a ref, or a project, that is not there.
 */
export function matchRule(rules: readonly Rule[], scope: Scope): Rule | null {
  return rules.find((rule) => matches(rule, scope)) ?? null
}

const matches = (rule: Rule, scope: Scope): boolean => conditionsOf(rule, scope).every((condition) => condition.holds())

/** One condition of a rule. */
export interface Condition {
  readonly keyword: 'if' | 'changes' | 'exists'
  /** @throws RuleError when it names a ref, or a project, that is not there. */
  holds(): boolean
}

/** Returns the conditions of a rule, in the order in which they are decided. */
export function conditionsOf({ if: expression, changes, exists }: Rule, scope: Scope): Condition[] {
  const conditions: Condition[] = []
  if (expression !== undefined) conditions.push({ keyword: 'if', holds: () => holds(expression, scope) })
  if (changes) conditions.push({ keyword: 'changes', holds: () => changesMatch(changes, scope) })
  if (exists) conditions.push({ keyword: 'exists', holds: () => existsMatch(exists, scope) })
  return conditions
}

/** Returns whether one of the changed paths matches. When they are unknown, every change is possible. */
function changesMatch({ paths, compareTo }: RuleChanges, scope: Scope): boolean {
  const changed = compareTo === undefined ? scope.facts.changedPaths : changedSince(compareTo, scope)
  if (changed === null) return true
  if (changed.length === 0) return false
  return anyMatches(new Set(paths.map((path) => expandKnown(path, scope.expanded))), changed)
}

function changedSince(compareTo: string, scope: Scope): readonly string[] | null {
  if (!scope.facts.changedSince) return null
  const paths = scope.facts.changedSince(expandKnown(compareTo, scope.expanded))
  if (paths === null) throw new RuleError('rules:changes:compare_to is not a valid ref')
  return paths
}

function anyMatches(patterns: ReadonlySet<string>, paths: readonly string[]): boolean {
  if (patterns.size * paths.length > MAX_COMPARISONS) return true
  return [...patterns].some((pattern) => {
    const glob = new Glob(pattern)
    return paths.some((path) => glob.matches(path))
  })
}

function existsMatch(exists: RuleExists, scope: Scope): boolean {
  if (exists.paths.length === 0) return false
  const files = exists.project === undefined ? scope.facts.files : filesOf(exists, scope)
  if (files === null) {
    throw new RuleError('rules:exists needs the list of the files, which was not given')
  }
  const patterns = exists.paths.map((path) => expandKnown(path, scope.expanded))
  const isPattern = (path: string) => /[*?[{]/.test(path)
  const exact = patterns.filter((path) => !isPattern(path))
  const isThere = exact.some((path) =>
    path.endsWith('/') ? files.some((file) => file.startsWith(path)) : files.includes(path),
  )
  return isThere || anyMatches(new Set(patterns.filter(isPattern)), files)
}

function filesOf(exists: RuleExists, scope: Scope): readonly string[] {
  const project = expandKnown(exists.project ?? '', scope.expanded)
  const ref = exists.ref === undefined ? null : expandKnown(exists.ref, scope.expanded)
  const files = scope.facts.filesOf?.(project, ref) ?? { refused: 'project' as const }
  if (!('refused' in files)) return files
  throw new RuleError(
    files.refused === 'project'
      ? `rules:exists:project \`${project}\` not found or access denied`
      : `rules:exists:ref \`${ref}\` is not a valid ref in project \`${project}\``,
  )
}

const VARIABLE = /\$([a-zA-Z_]\w*)|\$\{([a-zA-Z_]\w*)\}|%([a-zA-Z_]\w*)%/g

/** Puts in the values of known variables once; unknown names stay as they are. */
export const expandKnown = (text: string, variables: { get(name: string): string | undefined }): string =>
  text.replaceAll(VARIABLE, (found, plain, braced, percent) => variables.get(plain ?? braced ?? percent) ?? found)
