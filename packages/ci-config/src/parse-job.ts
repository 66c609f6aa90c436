import type { Result } from '@yardmaster/common'
import type { DefinitionInvalid } from './definition-invalid.ts'
import type { JobDefinition } from './job-definition.ts'
import { artifacts } from './keywords/artifacts.ts'
import { caches } from './keywords/cache.ts'
import {
  dependencyIds,
  dependencyNames,
  failing,
  type Need,
  NO_RETRY,
  needs,
  resourceGroup,
  retry,
  starting,
  tags,
  timeout,
} from './keywords/control.ts'
import { image, services } from './keywords/image.ts'
import { inputs } from './keywords/inputs.ts'
import { checkJson, type Found, flag, members, optional, reading, refuse } from './keywords/reading.ts'
import { release } from './keywords/release.ts'
import { steps } from './keywords/run.ts'
import { script } from './keywords/script.ts'
import { secrets } from './keywords/secrets.ts'
import { yamlVariables } from './keywords/variables.ts'

const KEYWORDS = [
  'script',
  'before_script',
  'after_script',
  'image',
  'services',
  'variables',
  'tags',
  'timeout',
  'artifacts',
  'cache',
  'dependencies',
  'retry',
  'allow_failure',
  'when',
  'start_in',
  'resource_group',
  'hooks',
  'inputs',
  'interruptible',
  'release',
  'run',
  'secrets',
] as const
type Keywords = { readonly [Keyword in (typeof KEYWORDS)[number]]?: Found }

const AT = 'definition'
const HOOKS = ['pre_get_sources_script', 'post_get_sources_script'] as const

/** Facts about the surroundings of a definition. */
export interface DefinitionContext {
  /** Names of variables that the job will get from its project and pipeline. */
  readonly variableKeys?: Iterable<string>
}

/**
 * Parses a job in the keywords of `.gitlab-ci.yml`, validates and normalises it. Every result makes a payload that all
 * runners can decode; a keyword that could not be honoured is refused.
 *
 * @returns `definition_invalid` with the path of the field (`definition.image.pull_policy`), what was found and what is
 * allowed.
 * @see `docs/job-keywords.md`; `docs/protocol/job-request.md 9`; `docs/protocol/client.md 11`
 */
export function parseDefinition(
  input: unknown,
  given: DefinitionContext = {},
): Result<JobDefinition, DefinitionInvalid> {
  return reading(() => {
    const keywords = members(checked(input), KEYWORDS)
    return { ...definition(keywords, given), dependencies: optional(keywords.dependencies, dependencyIds, []) }
  })
}

/** One of several jobs that are created together and refer to each other by name. */
export interface NamedDefinition {
  /** Its `dependencies` are empty: the ids are assigned when the jobs are created. */
  readonly definition: JobDefinition
  /** Null when not given. */
  readonly needs: readonly Need[] | null
  /** Names of the jobs whose artifacts it fetches; null when not given. */
  readonly dependencies: readonly string[] | null
}

/** As `parseDefinition`, with `needs` as well, and with names instead of ids. */
export function parseNamedDefinition(
  input: unknown,
  given: DefinitionContext = {},
): Result<NamedDefinition, DefinitionInvalid> {
  return reading(() => {
    const keywords = members(checked(input), [...KEYWORDS, 'needs'])
    return {
      definition: definition(keywords, given),
      needs: optional(keywords.needs, needs, null),
      dependencies: optional(keywords.dependencies, dependencyNames, null),
    }
  })
}

/**
 * Returns the features that a runner must have announced; the job fails when a runner without them takes it. The list
 * goes beyond the reference's: it includes what an older runner would silently leave out. `hooks` and `pull_policy`
 * have no feature, so an older runner does leave them out.
 *
 * @param given.mergeRequest - true when the job's ref is neither a branch nor a tag.
 * @see `docs/protocol/job-request.md 7`
 */
export function requiredFeatures(job: JobDefinition, given: { mergeRequest?: boolean } = {}): string[] {
  const features: Record<string, boolean> = {
    upload_multiple_artifacts: (job.artifacts?.reports.length ?? 0) > 0,
    refspecs: given.mergeRequest ?? false,
    artifacts_exclude: (job.artifacts?.exclude.length ?? 0) > 0,
    multi_build_steps: job.release.length > 0,
    return_exit_code: job.allowFailureExitCodes.length > 0 || job.retry.exitCodes.length > 0,
    fallback_cache_keys: job.cache.some((cache) => cache.fallbackKeys.length > 0),
    vault_secrets: Object.keys(job.secrets).length > 0,
    // Without these the runner would leave out the job's actual work and let it succeed.
    job_inputs: job.inputs.length > 0,
    native_steps_integration: job.run !== null,
    image_executor_opts: hasOptions(job.image),
    service_executor_opts: job.services.some(({ executorOpts }) => executorOpts.docker !== undefined),
    service_variables: job.services.some(({ variables }) => variables.length > 0),
    service_multiple_aliases: job.services.some(({ alias }) => /[\s,]/.test(alias?.trim() ?? '')),
  }
  return Object.keys(features).filter((feature) => features[feature])
}

const hasOptions = (image: JobDefinition['image']): boolean => Object.keys(image?.executorOpts ?? {}).length > 0

function checked(input: unknown, at: string = AT): Found {
  const found = { at, value: input }
  checkJson(found)
  return found
}

function definition(given: Keywords, context: DefinitionContext): JobDefinition {
  const variables = optional(given.variables, yamlVariables, [])
  const known = new Set([...variables.map(({ key }) => key), ...(context.variableKeys ?? [])])
  const { when, startIn } = starting(given, AT)
  return {
    ...work(given),
    variables,
    image: optional(given.image, image, null),
    services: optional(given.services, services, []),
    tags: optional(given.tags, tags, []),
    timeout: optional(given.timeout, timeout, null),
    artifacts: optional(given.artifacts, artifacts, null),
    cache: optional(given.cache, caches, []),
    dependencies: [],
    retry: optional(given.retry, retry, NO_RETRY),
    ...failing(given.allow_failure, when),
    when,
    startIn,
    resourceGroup: optional(given.resource_group, resourceGroup, null),
    hooks: optional(given.hooks, hooks, []),
    inputs: optional(given.inputs, inputs, []),
    interruptible: optional(given.interruptible, flag, false),
    secrets: optional(given.secrets, (found) => secrets(found, (key) => known.has(key)), {}),
  }
}

/** Reads the work of the job: a script with the keywords around it, or steps alone. */
function work(given: Keywords): Pick<JobDefinition, 'beforeScript' | 'script' | 'afterScript' | 'release' | 'run'> {
  if (given.run) {
    for (const other of [given.script, given.before_script, given.after_script, given.release]) {
      if (other) refuse(other.at, 'is given together with run; allowed: one of the two')
    }
    // The runner puts the steps into a variable of this name, and fails the job when it exists already.
    if (given.variables) refuseSteps(given.variables)
    return { beforeScript: [], script: [], afterScript: [], release: [], run: steps(given.run) }
  }
  const lines = optional(given.script, script, [])
  if (lines.every((line) => line.trim() === '')) {
    refuse(`${AT}.script`, `found ${given.script ? 'nothing to do' : 'nothing'}; allowed: at least one command, or run`)
  }
  return {
    beforeScript: optional(given.before_script, script, []),
    script: lines,
    afterScript: optional(given.after_script, script, []),
    release: optional(given.release, release, []),
    run: null,
  }
}

function refuseSteps(variables: Found): void {
  const steps = yamlVariables(variables).some(({ key }) => key === 'STEPS')
  if (steps)
    refuse(`${variables.at}.STEPS`, 'is given together with run, which needs this name; allowed: any other name')
}

function hooks(found: Found): JobDefinition['hooks'] {
  const given = members(found, HOOKS)
  return HOOKS.flatMap((name) => optional(given[name], (lines) => [{ name, script: script(lines) }], []))
}
