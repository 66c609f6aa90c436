import type { Result } from '@yardmaster/common'
import type { DefinitionInvalid } from './definition-invalid.ts'
import type { JobDefinition } from './job-definition.ts'
import { dependencyIds, dependencyNames, failing, type Need, needs, starting } from './keywords/control.ts'
import type { IdToken } from './keywords/id-tokens.ts'
import { checkJson, type Found, members, optional, reading, refuse } from './keywords/reading.ts'
import { release } from './keywords/release.ts'
import { steps } from './keywords/run.ts'
import { script } from './keywords/script.ts'
import { secrets } from './keywords/secrets.ts'
import { yamlVariables } from './keywords/variables.ts'
import { KEYWORD_NAMES, keywordFeatures, readKeywords } from './keywords.ts'
import type { TriggerDefinition } from './trigger-definition.ts'

/** Keywords that depend on each other, or on more than their own value. */
const ENTANGLED = [
  'script',
  'before_script',
  'after_script',
  'variables',
  'dependencies',
  'allow_failure',
  'when',
  'start_in',
  'release',
  'run',
  'secrets',
] as const
type Entangled = { readonly [Keyword in (typeof ENTANGLED)[number]]?: Found }
const NAMES = [...ENTANGLED, ...KEYWORD_NAMES]
const TRIGGER_NAMES = ['variables', 'when', 'allow_failure', 'interruptible', 'resource_group']

/** What was found, by keyword. */
type Given = Entangled & Readonly<Record<string, Found | undefined>>

const AT = 'definition'

/** Facts about the surroundings of a definition. */
export interface DefinitionContext {
  /** Names of variables that the job will get from its project and pipeline. */
  readonly variableKeys?: Iterable<string>
  /** The tokens of a job of a configuration; `jobs.create` takes none. */
  readonly idTokens?: readonly IdToken[]
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
    const keywords = members(checked(input), NAMES) as Given
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
    const keywords = members(checked(input), [...NAMES, 'needs']) as Given
    return {
      definition: definition(keywords, given),
      needs: optional(keywords.needs, needs, null),
      dependencies: optional(keywords.dependencies, dependencyNames, null),
    }
  })
}

/**
 * As `parseDefinition`, for a job that starts a child pipeline, in the keywords that a trigger job may have besides
 * `trigger`.
 */
export function parseTriggerDefinition(
  input: unknown,
  trigger: TriggerDefinition,
  given: DefinitionContext = {},
): Result<JobDefinition, DefinitionInvalid> {
  return reading(() => definition(members(checked(input), TRIGGER_NAMES) as Given, given, trigger))
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
    ...keywordFeatures(job),
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

function definition(given: Given, context: DefinitionContext, trigger: TriggerDefinition | null = null): JobDefinition {
  const variables = optional(given.variables, yamlVariables, [])
  const known = new Set([...variables.map(({ key }) => key), ...(context.variableKeys ?? [])])
  const { when, startIn } = starting(given, AT)
  const { idTokens = [] } = context
  if (given.run && idTokens.some(({ name }) => name === 'STEPS')) refuseName(`${AT}.id_tokens.STEPS`)
  const [token, ...more] = idTokens.map(({ name }) => name)
  const surroundings = { knows: (key: string) => known.has(key), onlyToken: more.length === 0 ? (token ?? null) : null }
  return {
    ...readKeywords(given),
    ...(trigger ? NO_WORK : work(given)),
    trigger,
    variables,
    dependencies: [],
    familyDependencies: [],
    ...failing(given.allow_failure, when),
    when,
    startIn,
    secrets: optional(given.secrets, (found) => secrets(found, surroundings), {}),
    idTokens,
  }
}

type Work = Pick<JobDefinition, 'beforeScript' | 'script' | 'afterScript' | 'release' | 'run'>

const NO_WORK: Work = { beforeScript: [], script: [], afterScript: [], release: [], run: null }

/** Reads the work of the job: a script with the keywords around it, or steps alone. */
function work(given: Given): Work {
  if (given.run) {
    for (const other of [given.script, given.before_script, given.after_script, given.release]) {
      if (other) refuse(other.at, 'is given together with run; allowed: one of the two')
    }
    // The runner puts the steps into a variable of this name, and fails the job when it exists already.
    if (given.variables) refuseSteps(given.variables)
    return { ...NO_WORK, run: steps(given.run) }
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
  if (yamlVariables(variables).some(({ key }) => key === 'STEPS')) refuseName(`${variables.at}.STEPS`)
}

const refuseName = (at: string): never =>
  refuse(at, 'is given together with run, which needs this name; allowed: any other name')
