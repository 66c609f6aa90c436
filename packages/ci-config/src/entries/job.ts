import type { Fault } from '../fault.ts'
import { PASSED_ON } from '../keywords.ts'
import { Dict, isBlank, type Key, List, type Value } from '../yaml/tree.ts'
import { checkAllowFailure } from './allow-failure.ts'
import { checkArtifacts, isPagesJob } from './artifacts.ts'
import { type At, type Check, checkKeys } from './at.ts'
import { checkCaches } from './cache.ts'
import { checkCoverage } from './coverage.ts'
import { checkDuration, START_LIMIT } from './durations.ts'
import { isBoolean } from './flag.ts'
import { checkHooks } from './hooks.ts'
import { checkIdTokens } from './id-tokens.ts'
import { checkImage, checkServices } from './image.ts'
import { DEFAULT_KEYWORDS, type DefaultKeyword, inheritsDefault } from './inherit.ts'
import { checkJobInputs } from './job-inputs.ts'
import { checkNeeds, needsOf } from './needs.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkPages, checkPublish } from './pages.ts'
import { checkParallel } from './parallel.ts'
import { COMMON_CHECKS, COMMON_KEYWORDS, checkProcessable } from './processable.ts'
import { checkRelease } from './release.ts'
import { checkRetry } from './retry.ts'
import { checkScript } from './script.ts'
import { checkTags } from './tags.ts'
import { checkTimeout } from './timeout.ts'

const WHEN = ['on_success', 'on_failure', 'always', 'manual', 'delayed']
const MAX_INPUTS = 50

/** All that a job with a script may have. */
export const JOB_KEYWORDS: readonly string[] = [
  ...new Set([
    ...'tags script image services start_in artifacts cache dependencies before_script after_script hooks'.split(' '),
    ...'coverage retry parallel timeout inputs release id_tokens publish pages manual_confirmation run secrets'.split(
      ' ',
    ),
    ...COMMON_KEYWORDS,
    ...PASSED_ON,
  ]),
]

/** Checks of the keywords that `default` may set. */
export const DEFAULT_CHECKS: Readonly<Record<DefaultKeyword, Check>> = {
  before_script: checkScript,
  after_script: checkScript,
  hooks: checkHooks,
  cache: checkCaches,
  image: checkImage,
  services: checkServices,
  interruptible: isBoolean,
  timeout: checkTimeout,
  retry: checkRetry,
  tags: checkTags,
  artifacts: checkArtifacts,
  id_tokens: checkIdTokens,
}

/** In the order of their errors. */
const CHECKS: Readonly<Record<string, Check>> = {
  ...COMMON_CHECKS,
  before_script: checkScript,
  script: checkScript,
  after_script: checkScript,
  hooks: checkHooks,
  cache: checkCaches,
  image: checkImage,
  services: checkServices,
  timeout: checkTimeout,
  retry: checkRetry,
  tags: checkTags,
  artifacts: checkArtifacts,
  needs: checkNeeds(['job', 'cross_dependency']),
  coverage: checkCoverage,
  release: checkRelease,
  parallel: checkParallel(),
  allow_failure: checkAllowFailure,
  id_tokens: checkIdTokens,
  publish: checkPublish,
  pages: checkPages,
  inputs: checkJobInputs,
}

/** What is wrong with each keyword that `default` sets; absent where it does not. */
export type DefaultFaults = ReadonlyMap<DefaultKeyword, readonly Fault[]>

/** Checks a job with a script, and what it inherits. */
export function checkJob(name: Key, job: Value, at: At, defaults: DefaultFaults): Fault[] {
  const own = new OwnFaults(at)
  checkProcessable(own, name, job)
  own.allowedKeys(job, JOB_KEYWORDS)
  for (const key of ['script', 'before_script', 'after_script']) own.exclusiveKeys(job, [key, 'run'])
  const given = (key: string) => member(job, key)
  const hasRun = job instanceof Dict && job.has('run')
  if (!hasRun) own.present(given('script'), 'script')
  checkOwnKeywords(own, given)
  checkStart(own, job, given)
  if (job instanceof Dict && !isPagesJob(String(name), job) && !isBlank(given('publish'))) {
    own.add('publish', 'can only be used within a `pages` job')
  }
  if (own.found.length > 0 || !(job instanceof Dict)) return own.found
  const inside = checkedKeywords(job, at, CHECKS, defaults)
  checkDependencies(own, job)
  const inputs = given('inputs')
  if (inputs instanceof Dict && inputs.size > MAX_INPUTS) {
    own.add('inputs', `has too many entries (maximum ${MAX_INPUTS})`)
  }
  return [...own.found, ...inside]
}

function checkOwnKeywords(own: OwnFaults, given: (key: string) => Value | undefined): void {
  if (given('when') !== undefined) own.oneOf(given('when'), WHEN, 'when')
  if (given('dependencies') !== undefined) own.listOfTexts(given('dependencies'), 'dependencies')
  if (given('allow_failure') !== undefined) own.mapOrBoolean(given('allow_failure'), 'allow_failure')
  if (given('manual_confirmation') !== undefined) own.text(given('manual_confirmation'), 'manual_confirmation')
}

function checkStart(own: OwnFaults, job: Value, given: (key: string) => Value | undefined): void {
  const isDelayed = given('when') === 'delayed'
  if (isDelayed) checkDuration(own, given('start_in'), START_LIMIT, 'start_in')
  const hasRules = job instanceof Dict && job.has('rules')
  if ((hasRules || !isDelayed) && !isBlank(given('start_in'))) own.add('start_in', 'must be blank')
}

/** What a job fetches has to be among what it needs. */
function checkDependencies(own: OwnFaults, job: Dict): void {
  const dependencies = member(job, 'dependencies')
  const needs = member(job, 'needs')
  if (!(dependencies instanceof List) || dependencies.items.length === 0 || needs === undefined) return
  const { jobs, crossPipeline } = needsOf(needs)
  if (jobs.length === 0) {
    if (crossPipeline.length > 0) own.add('needs', 'corresponding to dependencies must be from the same pipeline')
    return
  }
  const names = jobs.map((need) => need.name)
  const missing = dependencies.items.filter((item) => !names.includes(String(item))).map(String)
  if (missing.length > 0) own.add('dependencies', `the ${missing.join(', ')} should be part of needs`)
}

/** Checks a job's keywords in order; where it has none of its own, what it inherits is wrong in it as well. */
export function checkedKeywords(
  job: Dict,
  at: At,
  checks: Readonly<Record<string, Check>>,
  defaults: DefaultFaults,
): Fault[] {
  const inherit = job.get('inherit')
  return Object.keys(checks).flatMap((key) => {
    if (member(job, key) !== undefined) return checkKeys(job, at, { [key]: checks[key] as Check })
    const keyword = DEFAULT_KEYWORDS.find((candidate) => candidate === key)
    const inherited = keyword && inheritsDefault(inherit, keyword) ? defaults.get(keyword) : undefined
    return inherited ? [...inherited] : []
  })
}
