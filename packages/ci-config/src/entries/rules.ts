import { Dict, isBlank, type Json, List, type Place, toJson, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { checkAutoCancel } from './auto-cancel.ts'
import { checkDuration, START_LIMIT } from './durations.ts'
import { checkNeeds, type JobNeed, needsOf } from './needs.ts'
import { asList, member, OwnFaults } from './own-faults.ts'
import { checkVariables, variablesOf } from './variables.ts'

/** Entries of one `changes` or `exists`. */
const MAX_PATHS = 50

export interface RuleChanges {
  readonly paths: readonly string[]
  readonly compareTo?: string
}

export interface RuleExists {
  readonly paths: readonly string[]
  readonly project?: string
  readonly ref?: string
}

/** One rule: conditions that all have to hold, and what it sets where they do. Absent parts are not said. */
export interface Rule {
  readonly if?: string
  readonly changes?: RuleChanges
  readonly exists?: RuleExists
  readonly when?: string
  readonly startIn?: string
  readonly allowFailure?: boolean
  readonly variables?: Readonly<Record<string, string>>
  readonly needs?: readonly JobNeed[]
  readonly interruptible?: boolean
  readonly autoCancel?: Readonly<Record<string, Json>>
  /** Where it is written. */
  readonly place?: Place
}

export const JOB_RULES = {
  when: ['on_success', 'on_failure', 'always', 'never', 'manual', 'delayed'],
  keys: ['if', 'changes', 'exists', 'when', 'start_in', 'allow_failure', 'variables', 'needs', 'interruptible'],
}
export const WORKFLOW_RULES = {
  when: ['always', 'never'],
  keys: ['if', 'changes', 'exists', 'when', 'start_in', 'allow_failure', 'variables', 'needs', 'auto_cancel'],
}

/** Returns the check of `rules` with these values of `when` and these keys. */
export const checkRules = (allowed: { when: readonly string[]; keys: readonly string[] }): Check =>
  checkEachRule(checkRule(allowed))

/** Returns the check of a list of rules, which passes each of them to a check. */
export const checkEachRule =
  (check: Check): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    own.present(value)
    own.list(value)
    if (own.found.length > 0 || !(value instanceof List)) return own.found
    return value
      .flat()
      .flatMap((rule, index) => (rule === null ? [] : check(rule, at.item('rule', index, value.places[index]))))
  }

const checkRule =
  (allowed: { when: readonly string[]; keys: readonly string[] }): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    const given = (key: string) => member(value, key)
    const isDelayed = given('when') === 'delayed'
    own.map(value)
    own.present(value)
    own.map(value)
    if (!isDelayed && value instanceof Dict && value.has('start_in')) {
      own.add('config', 'contains disallowed keys: start_in')
    }
    if (isDelayed) {
      own.present(given('start_in'), 'start_in')
      checkDuration(own, given('start_in'), START_LIMIT, 'start_in')
    }
    if (given('if') !== undefined) own.expression(given('if'), 'if')
    if (given('allow_failure') !== undefined) own.boolean(given('allow_failure'), 'allow_failure')
    if (given('interruptible') !== undefined) own.boolean(given('interruptible'), 'interruptible')
    if (given('when') !== undefined) own.knownValue(given('when'), allowed.when, 'when')
    own.allowedKeys(value, allowed.keys)
    if (own.found.length > 0 || !(value instanceof Dict)) return own.found
    return checkKeys(value, at, {
      changes: checkChanges,
      exists: checkExists(),
      variables: checkVariables([]),
      needs: checkNeeds(['job']),
      auto_cancel: checkAutoCancel,
    })
  }

function checkPaths(own: OwnFaults, paths: Value | undefined, attribute: string, limit: number | null): void {
  own.listOfTexts(paths, attribute)
  const length = paths instanceof List ? paths.items.length : typeof paths === 'string' ? paths.length : 0
  if (limit !== null) own.expect(length <= limit, attribute, `has too many entries (maximum ${limit})`)
}

/** Checks `rules:changes`. */
export const checkChanges: Check = (value, at) => {
  const own = new OwnFaults(at)
  if (value instanceof List) {
    checkPaths(own, value, 'config', MAX_PATHS)
    return own.found
  }
  if (!(value instanceof Dict)) return [at.rawFault(`${at.location} should be an array or a hash`)]
  own.allowedKeys(value, ['paths', 'compare_to'])
  own.requiredKeys(value, ['paths'])
  checkPaths(own, member(value, 'paths'), 'paths', MAX_PATHS)
  const compareTo = member(value, 'compare_to')
  if (compareTo !== undefined) own.text(compareTo, 'compare_to')
  return own.found
}

/** Checks `rules:exists`. The short form of an include's rules has no limit. */
export const checkExists =
  ({ limited = true } = {}): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    if (typeof value === 'string' || isBlank(value)) return []
    if (value instanceof List) {
      checkPaths(own, value, 'config', limited ? MAX_PATHS : null)
      return own.found
    }
    if (!(value instanceof Dict)) {
      return [at.rawFault(`${at.location} should be a string, an array of strings, or a hash`)]
    }
    own.allowedKeys(value, ['paths', 'project', 'ref'])
    own.requiredKeys(value, ['paths'])
    const [paths, project, ref] = ['paths', 'project', 'ref'].map((key) => member(value, key))
    if (ref !== undefined) own.requiredKeys(value, ['project'])
    if (paths !== undefined) checkPaths(own, paths, 'paths', MAX_PATHS)
    if (project !== undefined) own.text(project, 'project')
    if (ref !== undefined) own.text(ref, 'ref')
    return own.found
  }

/** Returns checked rules as one flat list. */
export const rulesOf = (value: Value): Rule[] =>
  value instanceof List
    ? value.items.flatMap((item, index) => (item instanceof Dict ? [ruleOf(item, value.places[index])] : rulesOf(item)))
    : []

function ruleOf(rule: Dict, place: Place | undefined): Rule {
  const given = <T>(key: string, name: string, read: (value: Value) => T): Record<string, T> => {
    const value = member(rule, key)
    return value === undefined ? {} : { [name]: read(value) }
  }
  const asIs = (value: Value) => toJson(value)
  return {
    ...given('if', 'if', asIs),
    ...given('changes', 'changes', changesOf),
    ...given('exists', 'exists', existsOf),
    ...given('when', 'when', asIs),
    ...given('start_in', 'startIn', asIs),
    ...given('allow_failure', 'allowFailure', asIs),
    ...given('variables', 'variables', (value) =>
      Object.fromEntries(variablesOf(value).map(({ key, value: text }) => [key, text])),
    ),
    ...given('needs', 'needs', (value) => needsOf(value).jobs),
    ...given('interruptible', 'interruptible', asIs),
    ...given('auto_cancel', 'autoCancel', asIs),
    ...(place && { place }),
  } as Rule
}

function changesOf(value: Value): RuleChanges {
  if (!(value instanceof Dict)) return { paths: asList(value).map(String) }
  const compareTo = member(value, 'compare_to')
  const paths = asList(member(value, 'paths') ?? null).map(String)
  return { paths, ...(compareTo !== undefined && { compareTo: String(compareTo) }) }
}

function existsOf(value: Value): RuleExists {
  if (!(value instanceof Dict)) return { paths: isBlank(value) ? [] : asList(value).map(String) }
  const [paths, project, ref] = ['paths', 'project', 'ref'].map((key) => member(value, key))
  return {
    paths: paths === undefined ? [] : asList(paths).map(String),
    ...(project !== undefined && { project: String(project) }),
    ...(ref !== undefined && { ref: String(ref) }),
  }
}
