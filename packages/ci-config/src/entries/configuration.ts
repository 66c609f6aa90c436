import { ConfigError, type Fault, faultAt } from '../fault.ts'
import { Dict, type Key, type Value } from '../yaml/tree.ts'
import { At, type Check, checkKeys } from './at.ts'
import { checkCaches } from './cache.ts'
import { checkImage, checkServices } from './image.ts'
import { checkIncludes } from './include.ts'
import { DEFAULT_KEYWORDS, type DefaultKeyword } from './inherit.ts'
import { checkJob, DEFAULT_CHECKS, type DefaultFaults } from './job.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkHidden, kindOfJob } from './processable.ts'
import { checkScript } from './script.ts'
import { checkStages } from './stages.ts'
import { checkTriggerJob } from './trigger-job.ts'
import { checkVariables } from './variables.ts'
import { checkWorkflow } from './workflow.ts'

/** Keys of the top level that are no jobs, in the order of their errors. */
const GLOBAL_CHECKS: Readonly<Record<string, Check>> = {
  include: checkIncludes(),
  before_script: checkScript,
  image: checkImage,
  services: checkServices,
  after_script: checkScript,
  variables: checkVariables(['value', 'description', 'expand', 'options']),
  stages: checkStages,
  cache: checkCaches,
  workflow: checkWorkflow,
}

/** The old spelling of a default: a keyword at the top level. */
export const TOP_LEVEL_DEFAULTS = ['before_script', 'after_script', 'cache', 'image', 'services'] as const

/** Keys of the top level that are no jobs. */
export const GLOBAL_KEYS: readonly string[] = ['default', ...Object.keys(GLOBAL_CHECKS)]

export const isGlobalKey = (key: Key): boolean => GLOBAL_KEYS.includes(String(key))

/** Returns the jobs and hidden keys of a configuration. */
export const jobsIn = (root: Dict): [Key, Value][] =>
  root.entries().flatMap(([key, value]) => (isGlobalKey(key) ? [] : [[key, value] as [Key, Value]]))

/**
 * Checks every entry of a merged configuration against its grammar.
 *
 * @returns all faults in the reference's order: global keywords, then jobs. What a job inherits is a fault of the job too,
 *   so one may be named several times.
 * @throws ConfigError when a keyword is set both at the top level and in `default`.
 */
export function checkConfiguration(root: Dict): Fault[] {
  const at = At.root()
  const byKey = new Map(
    Object.entries(GLOBAL_CHECKS).map(([key, check]) => [key, checkKeys(root, at, { [key]: check })] as const),
  )
  const defaults = checkDefault(root, at, byKey)
  return [...defaults.faults, ...[...byKey.values()].flat(), ...checkJobs(root, at, defaults.inherited)]
}

function checkDefault(
  root: Dict,
  at: At,
  globals: ReadonlyMap<string, readonly Fault[]>,
): { faults: readonly Fault[]; inherited: DefaultFaults } {
  const given = root.get('default') ?? new Dict()
  const here = at.key(root, 'default')
  const own = new OwnFaults(here)
  own.map(given)
  own.allowedKeys(given, DEFAULT_KEYWORDS)
  const inherited = new Map<DefaultKeyword, readonly Fault[]>()
  for (const keyword of DEFAULT_KEYWORDS) {
    const isSet = own.found.length === 0 && given instanceof Dict && member(given, keyword) !== undefined
    if (isSet) inherited.set(keyword, checkKeys(given, here, { [keyword]: DEFAULT_CHECKS[keyword] }))
  }
  for (const keyword of TOP_LEVEL_DEFAULTS) {
    if (member(root, keyword) === undefined) continue
    if (inherited.has(keyword)) {
      const message = `${keyword} is defined in top-level and \`default:\` entry`
      throw new ConfigError(faultAt(message, { path: [keyword], place: root.placeOf(keyword) }))
    }
    inherited.set(keyword, globals.get(keyword) ?? [])
  }
  return { faults: [...own.found, ...DEFAULT_KEYWORDS.flatMap((keyword) => inherited.get(keyword) ?? [])], inherited }
}

function checkJobs(root: Dict, at: At, defaults: DefaultFaults): Fault[] {
  const jobs = jobsIn(root)
  const group = at.withLocation('jobs')
  const own = new OwnFaults(group)
  for (const [name, value] of jobs) {
    if (kindOfJob(name, value) !== null) continue
    const here = new OwnFaults(at.key(root, name).withLocation('jobs'))
    here.add('', `${name} config should implement the script:, run:, or trigger: keyword`)
    own.found.push(...here.found)
  }
  const isVisible = jobs.some(([name, value]) => ['job', 'trigger'].includes(kindOfJob(name, value) ?? ''))
  own.expect(isVisible, 'config', 'should contain at least one visible job')
  if (own.found.length > 0) return own.found
  return jobs.flatMap(([name, value]) => {
    const here = at.key(root, name).under('jobs')
    const kind = kindOfJob(name, value)
    if (kind === 'hidden') return checkHidden(value ?? new Dict(), here)
    return kind === 'job' ? checkJob(name, value, here, defaults) : checkTriggerJob(name, value, here, defaults)
  })
}
