import { allowedExitCodes } from '../entries/allow-failure.ts'
import { artifactsOf, isPagesJob, publishPath } from '../entries/artifacts.ts'
import { cachesOf } from '../entries/cache.ts'
import { secondsOf } from '../entries/durations.ts'
import { environmentOf } from '../entries/environment.ts'
import { imageOf, servicesOf } from '../entries/image.ts'
import { DEFAULT_KEYWORDS, inheritedVariables, inheritsDefault } from '../entries/inherit.ts'
import { jobInputsOf } from '../entries/job-inputs.ts'
import { needsOf } from '../entries/needs.ts'
import { DEFAULT_ONLY, policyOf } from '../entries/only-except.ts'
import { member } from '../entries/own-faults.ts'
import { type Parallel, parallelOf } from '../entries/parallel.ts'
import { retryOf } from '../entries/retry.ts'
import { rulesOf } from '../entries/rules.ts'
import { scriptLines } from '../entries/script.ts'
import { DEFAULT_STAGE } from '../entries/stages.ts'
import { triggerOf } from '../entries/trigger.ts'
import { variablesOf } from '../entries/variables.ts'
import { PASSED_ON } from '../keywords.ts'
import { Dict, isInteger, type Json, List, type Place, toJson, type Value } from '../yaml/tree.ts'
import type { CompiledJob } from './compiled-job.ts'

/** A job that may become several. */
export type ReadJob = Omit<CompiledJob, 'parallel' | 'instance'> & { readonly parallel: Parallel | null }

/** What surrounds a job in its configuration. */
export interface JobSurroundings {
  readonly defaults: Dict
  readonly hasWorkflowRules: boolean
}

/** Returns a checked job with everything that it inherits. */
export function readJob(
  name: string,
  given: Dict,
  { defaults, hasWorkflowRules }: JobSurroundings,
  place: Place | undefined,
): ReadJob {
  const isTrigger = !given.has('script') && !given.has('run')
  const job = withDefaults(given, defaults, isTrigger)
  const needs = member(job, 'needs')
  const rules = member(job, 'rules')
  const parallel = member(job, 'parallel')
  const environment = member(job, 'environment')
  const dependencies = member(job, 'dependencies')
  const tags = member(job, 'tags')
  const usesRules = given.has('rules') || hasWorkflowRules
  return {
    name,
    stage: String(member(job, 'stage') ?? DEFAULT_STAGE),
    when: String(member(job, 'when') ?? 'on_success'),
    ...allowingFailure(job),
    schedulingType: needs === undefined ? 'stage' : 'dag',
    tags: tags instanceof List ? tags.items.map(String) : null,
    variables: variablesOf(member(job, 'variables')),
    inheritVariables: inheritedVariables(given.get('inherit')),
    needs: needs === undefined ? null : needsOf(needs).jobs,
    crossPipelineNeeds: needs === undefined ? [] : needsOf(needs).crossPipeline,
    rules: rules === undefined ? null : rulesOf(rules),
    ...policies(job, usesRules),
    interruptible: (member(job, 'interruptible') as boolean | undefined) ?? null,
    environment: environment === undefined ? null : environmentOf(environment),
    resourceGroup: textOrNull(member(job, 'resource_group')),
    dependencies: dependencies instanceof List ? dependencies.items.map(String) : null,
    coverage: textOrNull(member(job, 'coverage'))?.slice(1, -1) ?? null,
    parallel: parallel === undefined ? null : parallelOf(parallel),
    timeout: timeoutOf(member(job, 'timeout')),
    keywords: keywordsOf(name, job),
    place,
  }
}

const textOrNull = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null)

const timeoutOf = (value: Value | undefined): number | null =>
  value !== undefined && isInteger(value) ? Number(value) : secondsOf(value)

/** A trigger job takes from the defaults only what applies to it: whether it is interruptible. */
function withDefaults(job: Dict, defaults: Dict, isTrigger: boolean): Dict {
  const inherit = job.get('inherit')
  const whole = job.copy()
  for (const keyword of isTrigger ? (['interruptible'] as const) : DEFAULT_KEYWORDS) {
    const value = member(defaults, keyword)
    const isMissing = member(job, keyword) === undefined
    const place = defaults.placeOf(keyword)
    if (isMissing && value !== undefined && place && inheritsDefault(inherit, keyword)) whole.set(keyword, value, place)
  }
  return whole
}

/** A manual job may fail unless it says otherwise; one with exit codes may fail with those alone. */
function allowingFailure(job: Dict): Pick<CompiledJob, 'allowFailure' | 'allowedExitCodes'> {
  const given = member(job, 'allow_failure')
  if (given instanceof Dict) return { allowFailure: false, allowedExitCodes: allowedExitCodes(given) }
  return { allowFailure: given === undefined ? job.get('when') === 'manual' : given === true, allowedExitCodes: null }
}

function policies(job: Dict, usesRules: boolean): Pick<CompiledJob, 'only' | 'except'> {
  const only = member(job, 'only')
  const except = member(job, 'except')
  const without = usesRules ? null : DEFAULT_ONLY
  return {
    only: only === undefined ? without : policyOf(only, DEFAULT_ONLY),
    except: except === undefined ? null : policyOf(except),
  }
}

const asWritten = (value: Value): Json => toJson(value)

/** How each keyword is read that is handed on, in the spelling of the language. */
const KEYWORDS: Readonly<Record<string, (value: Value) => Json>> = {
  ...Object.fromEntries(PASSED_ON.map((keyword) => [keyword, asWritten])),
  script: scriptLines,
  before_script: scriptLines,
  after_script: scriptLines,
  image: imageOf,
  services: servicesOf,
  cache: cachesOf,
  retry: retryOf,
  hooks: (value) =>
    value instanceof Dict
      ? Object.fromEntries(
          value.entries().flatMap(([key, lines]) => (lines === null ? [] : [[String(key), scriptLines(lines)]])),
        )
      : {},
  id_tokens: asWritten,
  secrets: asWritten,
  run: asWritten,
  inputs: jobInputsOf,
  start_in: asWritten,
  trigger: triggerOf,
  release: asWritten,
  manual_confirmation: asWritten,
  publish: asWritten,
  pages: asWritten,
}

function keywordsOf(name: string, job: Dict): Record<string, Json> {
  const read = Object.entries(KEYWORDS).flatMap(([key, readKeyword]) => {
    const value = member(job, key)
    return value === undefined ? [] : [[key, readKeyword(value)] as const]
  })
  const artifacts = artifactsWithSite(name, job)
  return { ...Object.fromEntries(read), ...(artifacts && { artifacts }) }
}

/** A job that publishes a site keeps the site's directory. */
function artifactsWithSite(name: string, job: Dict): Record<string, Json> | null {
  const given = member(job, 'artifacts')
  const artifacts = given === undefined ? null : artifactsOf(given)
  if (!isPagesJob(name, job) || !(job.has('script') || job.has('run'))) return artifacts
  const paths = Array.isArray(artifacts?.paths) ? artifacts.paths : []
  const path = publishPath(job)
  return { ...artifacts, paths: paths.includes(path) ? paths : [...paths, path] }
}
