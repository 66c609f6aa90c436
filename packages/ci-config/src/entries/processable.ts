import { Dict, isBlank, type Key, type Value } from '../yaml/tree.ts'
import type { At, Check } from './at.ts'
import { checkEnvironment } from './environment.ts'
import { isBoolean } from './flag.ts'
import { checkInherit } from './inherit.ts'
import { checkPolicy } from './only-except.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkRules, JOB_RULES } from './rules.ts'
import { checkStage } from './stages.ts'
import { checkVariables } from './variables.ts'

/** The longest name of a job, in characters. */
export const MAX_NAME = 255

/** Keywords that jobs and trigger jobs have in common. */
export const COMMON_KEYWORDS = [
  'extends',
  'stage',
  'only',
  'except',
  'rules',
  'variables',
  'inherit',
  'allow_failure',
  'when',
  'needs',
  'resource_group',
  'environment',
  'interruptible',
]

/** Checks of the common keywords, in the order of their errors. */
export const COMMON_CHECKS: Readonly<Record<string, Check>> = {
  stage: checkStage,
  only: checkPolicy,
  except: checkPolicy,
  rules: checkRules(JOB_RULES),
  variables: checkVariables(['value', 'expand']),
  inherit: checkInherit,
  environment: checkEnvironment,
  interruptible: isBoolean,
}

/** Checks what is asked of every job, before its keywords. */
export function checkProcessable(own: OwnFaults, name: Key, job: Value): void {
  own.map(job)
  own.present(job)
  own.expect(name !== null && name !== '', 'name', "can't be blank")
  own.expect(typeof name === 'string', 'name', 'should be a symbol')
  if (typeof name === 'string') own.maximumLength(name, MAX_NAME, 'name')
  own.exclusiveKeys(job, ['script', 'trigger'])
  own.exclusiveKeys(job, ['run', 'trigger'])
  const rules = member(job, 'rules')
  if (rules !== undefined && job instanceof Dict) {
    const beside = job.keys().filter((key) => ['only', 'except', 'start_in'].includes(String(key)))
    const given = beside.filter((key) => job.get(key) !== null)
    if (given.length > 0) own.add('config', `key may not be used with \`rules\`: ${given.join(', ')}`)
  }
  const base = member(job, 'extends')
  if (base !== undefined) own.listOfTextsOrText(base, 'extends')
  if (rules !== undefined) own.nestedMaps(rules, 'rules')
  const group = member(job, 'resource_group')
  if (group !== undefined) own.text(group, 'resource_group')
}

/** Whether a key is hidden: a template for others, and no job itself. */
const isHidden = (name: Key): boolean => String(name ?? '').startsWith('.')

/** Returns the kind of job that a top-level key is; null when it is not a job. */
export function kindOfJob(name: Key, value: Value): 'hidden' | 'job' | 'trigger' | null {
  if (isHidden(name)) return 'hidden'
  if (!(value instanceof Dict)) return null
  if (value.has('script') || value.has('run')) return 'job'
  return value.has('trigger') || value.has('needs') ? 'trigger' : null
}

/** Checks a hidden key: it may hold anything but nothing. */
export const checkHidden = (value: Value, at: At) => {
  const own = new OwnFaults(at)
  own.expect(!isBlank(value), 'config', "can't be blank")
  return own.found
}
