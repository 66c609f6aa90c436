import { type At, type Check, checkKeys } from '../entries/at.ts'
import { member, OwnFaults } from '../entries/own-faults.ts'
import { type Fault, faultAt } from '../fault.ts'
import { rubyText } from '../yaml/ruby-text.ts'
import { Dict, isBlank, type Key, List, type Value } from '../yaml/tree.ts'
import { INPUT_TYPES } from './declared-input.ts'
import { isEqual } from './same-value.ts'

const KEYS = ['default', 'description', 'options', 'regex', 'type', 'rules']
const RULE_KEYS = ['if', 'options', 'default']
const MAX_OPTIONS = 50

/** Checks one input of a header. */
export const checkInput =
  (name: Key): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    const [description, regex, type, options] = ['description', 'regex', 'type', 'options'].map((key) =>
      member(value, key),
    )
    own.alphanumeric(name, 'key')
    if (description !== undefined) own.alphanumeric(description, 'input description')
    if (regex !== undefined) own.text(regex, 'input regex')
    if (type !== undefined) own.knownValue(type, INPUT_TYPES, 'input type')
    if (options !== undefined) own.list(options, 'input options')
    if (options instanceof List) {
      own.expect(options.items.length <= MAX_OPTIONS, 'config', `cannot define more than ${MAX_OPTIONS} options`)
      own.expect(!options.items.includes(null), 'config', 'options array cannot contain null values')
    }
    // The reference asks twice, and says so twice.
    own.map(value)
    own.map(value)
    own.allowedKeys(value, KEYS)
    own.exclusiveKeys(value, ['rules', 'options'])
    own.exclusiveKeys(value, ['rules', 'default'])
    if (own.found.length > 0 || !(value instanceof Dict)) return own.found
    return checkKeys(value, at, { rules: checkInputRules(String(name)) })
  }

const checkInputRules =
  (name: string): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    own.list(value)
    if (!(value instanceof List)) return own.found
    return value.flat().flatMap((rule, index) => {
      return rule === null ? [] : checkInputRule(name, rule, at.item('rule', index, value.places[index]))
    })
  }

function checkInputRule(name: string, rule: Value, at: At): Fault[] {
  const own = new OwnFaults(at)
  const [condition, options] = ['if', 'options'].map((key) => member(rule, key))
  own.present(rule)
  own.map(rule)
  own.allowedKeys(rule, RULE_KEYS)
  if (condition !== undefined) own.expression(condition, 'if')
  if (options !== undefined) own.list(options, 'options')
  const problems =
    own.found.length > 0 || !(rule instanceof Dict)
      ? own.found.map(({ message }) =>
          message.slice(message.indexOf(':rule ') + ':rule '.length).replace(/^config /, ''),
        )
      : choiceProblems(rule, options)
  const shown = name.toLowerCase()
  return problems.map((problem) => faultAt(`\`${shown}\` input: ${problem}`, { path: at.path, place: at.place }))
}

function choiceProblems(rule: Dict, options: Value | undefined): string[] {
  const choices = options instanceof List ? options.items : []
  const problems: string[] = []
  if (choices.length > MAX_OPTIONS) problems.push(`cannot define more than ${MAX_OPTIONS} options`)
  if (!rule.has('default')) problems.push("rule must define 'options' with at least one value and a 'default'")
  const chosen = rule.get('default') ?? null
  if (rule.has('default') && !isBlank(options) && !choices.some((choice) => isEqual(choice, chosen))) {
    problems.push(`default '${rubyText(chosen)}' must be one of the options`)
  }
  return problems.map((problem) => problem.toLowerCase())
}
