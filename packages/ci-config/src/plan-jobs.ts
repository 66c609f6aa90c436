import { type JobEnvironment, type PlannedEnvironment, planEnvironment } from './environment.ts'
import { type Fault, faultAt } from './fault.ts'
import type { ProjectFiles } from './includes/config-source.ts'
import type { PipelineJob } from './instantiate.ts'
import type { JobDefinition } from './job-definition.ts'
import { idTokens } from './keywords/id-tokens.ts'
import { optional, reading } from './keywords/reading.ts'
import { PASSED_ON } from './keywords.ts'
import { parseDefinition, parseTriggerDefinition } from './parse-job.ts'
import { Glob } from './rules/glob.ts'
import { expandKnown } from './rules/match-rule.ts'
import { triggerDefinition } from './trigger-definition.ts'
import type { Variable } from './variable.ts'
import type { Json } from './yaml/tree.ts'

/** A job of a pipeline that is about to be created, as it is stored; plain data. */
export interface PlannedJob {
  readonly name: string
  readonly stage: string
  readonly definition: JobDefinition
  /** Null when it waits for earlier stages. */
  readonly needs: readonly { readonly name: string; readonly artifacts: boolean }[] | null
  /** Names of the jobs whose artifacts it fetches, among those that it waits for; null for all of these. */
  readonly dependencies: readonly string[] | null
  /** The place among parallel jobs, from 1, and how many there are; null outside of such jobs. */
  readonly parallel: { readonly index: number; readonly total: number } | null
  readonly environment: JobEnvironment | null
}

export interface JobSurroundings {
  /** The files of the commit; null when they are unknown. */
  readonly files: ProjectFiles | null
  /** Variables that the job gets besides the configuration's own. */
  readonly variables: readonly Variable[]
}

/**
 * Returns the jobs of a pipeline in the form in which they are stored, and a fault for each keyword that the language
 * allows and this server cannot honour.
 */
export async function planJobs(
  jobs: readonly PipelineJob[],
  surroundings: JobSurroundings,
): Promise<{ readonly jobs: readonly PlannedJob[]; readonly faults: readonly Fault[] }> {
  const planned: PlannedJob[] = []
  const faults: Fault[] = []
  for (const given of jobs) {
    const made = await planJob(given, surroundings)
    if ('message' in made) faults.push(made)
    else planned.push(made)
  }
  return { jobs: planned, faults }
}

/** Keywords of a compiled job that a definition has under the same name, with the same value. */
const SAME: ReadonlySet<string> = new Set([
  ...['script', 'before_script', 'after_script', 'run', 'retry', 'inputs', 'secrets'],
  ...['image', 'services', 'artifacts', 'cache'],
  ...PASSED_ON,
])

async function planJob(planned: PipelineJob, surroundings: JobSurroundings): Promise<PlannedJob | Fault> {
  const { job, needs } = planned
  const fault = (keyword: string, message: string) =>
    faultAt(`${job.name}: ${message}`, { path: [job.name, keyword], place: job.place })
  const variableKeys = surroundings.variables.map(({ key }) => key)
  const tokens = reading(() => optional(given(job.keywords, 'id_tokens'), idTokens, []))
  const trigger = triggerDefinition(job)
  const parsed = trigger
    ? parseTriggerDefinition(commonKeywords(planned), trigger, { variableKeys })
    : tokens.ok
      ? parseDefinition(await definitionOf(planned, surroundings), { variableKeys, idTokens: tokens.value })
      : tokens
  if (!parsed.ok) {
    const field = parsed.error.field.replace(/^definition\./, '')
    return fault(field.replace(/\W.*$/, ''), `${field} ${parsed.error.reason}`)
  }
  const environment =
    job.environment && (await planEnvironment(job.environment, [...surroundings.variables, ...planned.variables]))
  const index = job.instance
  const parallel = index === null || !job.parallel ? null : { index, total: job.parallel.total }
  return {
    name: job.name,
    stage: job.stage,
    definition: {
      ...parsed.value,
      familyDependencies: job.crossPipelineNeeds
        .filter(({ artifacts }) => artifacts)
        .map(({ pipeline, job: name }) => ({ pipeline, job: name })),
      // A trigger job passes its variables on: these are about itself.
      variables: trigger
        ? parsed.value.variables
        : [...(environment?.variables ?? []), ...nodes(parallel), ...parsed.value.variables],
    },
    environment: environment && withoutVariables(environment),
    needs: needs?.map(({ name, artifacts }) => ({ name, artifacts })) ?? null,
    dependencies: job.dependencies,
    parallel,
  }
}

const withoutVariables = ({ variables: _, ...environment }: PlannedEnvironment): JobEnvironment => environment

/** Returns a keyword of a compiled job as the readers of single jobs find it. */
const given = (keywords: Readonly<Record<string, Json>>, keyword: string) =>
  isMap(keywords[keyword]) ? { at: `definition.${keyword}`, value: keywords[keyword] } : undefined

/** Returns what parallel jobs are told of each other. */
const nodes = (parallel: PlannedJob['parallel']): Variable[] =>
  parallel === null
    ? []
    : [
        { key: 'CI_NODE_INDEX', value: String(parallel.index) },
        { key: 'CI_NODE_TOTAL', value: String(parallel.total) },
      ]

/** Returns the job in the keywords of a single job, which are checked once more in that form. */
async function definitionOf(planned: PipelineJob, surroundings: JobSurroundings): Promise<Record<string, Json>> {
  const { job, startIn, tags, variables } = planned
  const known = new Map([...surroundings.variables, ...variables].map(({ key, value }) => [key, value]))
  const same: Record<string, Json> = {}
  for (const keyword of SAME) {
    const value = job.keywords[keyword]
    if (value !== undefined && value !== null) same[keyword] = await adapted(keyword, value, { ...surroundings, known })
  }
  return {
    ...same,
    ...commonKeywords(planned),
    ...(startIn === null ? {} : { start_in: startIn }),
    ...(tags === null ? {} : { tags: [...tags] }),
    ...(job.timeout === null ? {} : { timeout: job.timeout }),
    ...(job.coverage === null ? {} : { coverage: `/${job.coverage}/` }),
  }
}

/** Returns the keywords of jobs with a script and of trigger jobs. */
const commonKeywords = (planned: PipelineJob): Record<string, Json> => ({
  variables: Object.fromEntries(
    planned.variables.map(({ key, value, raw }) => [key, raw ? { value, expand: false } : value]),
  ),
  when: planned.when,
  allow_failure: planned.allowedExitCodes ? { exit_codes: [...planned.allowedExitCodes] } : planned.allowFailure,
  interruptible: planned.interruptible,
  ...(planned.job.resourceGroup === null ? {} : { resource_group: planned.job.resourceGroup }),
})

interface Known extends JobSurroundings {
  readonly known: ReadonlyMap<string, string>
}

async function adapted(keyword: string, value: Json, known: Known): Promise<Json> {
  switch (keyword) {
    case 'image':
      return imageAsWritten(value)
    case 'services':
      return Array.isArray(value) ? value.map(imageAsWritten) : value
    case 'artifacts':
      return artifactsHere(value)
    case 'cache':
      return Array.isArray(value)
        ? await Promise.all(value.filter((cache) => cache !== null).map((cache) => cacheHere(cache, known)))
        : value
    default:
      return value
  }
}

const isMap = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Puts the options of executors back to where a job has them. */
function imageAsWritten(image: Json): Json {
  if (!isMap(image)) return image
  const { executor_opts: options, ...rest } = image
  return { ...rest, ...(isMap(options) ? options : {}) }
}

/** Leaves out a link that only a merge request would show, and reports that name no file. */
function artifactsHere(artifacts: Json): Json {
  if (!isMap(artifacts)) return artifacts
  const { expose_as: _, reports, ...rest } = artifacts
  if (!isMap(reports)) return rest
  const named = Object.entries(reports).filter(([, paths]) => !(Array.isArray(paths) && paths.length === 0))
  return named.length === 0 ? rest : { ...rest, reports: Object.fromEntries(named) }
}

async function cacheHere(cache: Json, { files, known }: Known): Promise<Json> {
  if (!isMap(cache)) return cache
  const { key, policy } = cache
  return {
    ...cache,
    ...(isMap(key) && files ? { key: await keyOfFiles(key, files) } : {}),
    ...(typeof policy === 'string' ? { policy: expandKnown(policy, known) } : {}),
  }
}

/**
 * Returns a key that changes with the contents of the named files: the reference takes their last commits, which are not
 * known here. Without any such file it is `default`.
 */
async function keyOfFiles(
  { files: given, files_commits: commits, prefix }: Record<string, Json>,
  files: ProjectFiles,
): Promise<string> {
  const patterns = [given, commits].flatMap((list) =>
    Array.isArray(list) ? list.map((path) => new Glob(String(path))) : [],
  )
  const signal = new AbortController().signal
  const paths = ((await files.list?.(signal)) ?? [])
    .filter((path) => patterns.some((pattern) => pattern.matches(path)))
    .toSorted()
    .slice(0, MOST_KEY_FILES)
  const texts: string[] = []
  for (const path of paths) texts.push(`${path}\0${await files.read(path, signal)}\0`)
  const sum = paths.length === 0 ? 'default' : await sha1(texts.join(''))
  return typeof prefix === 'string' && prefix !== '' ? `${prefix}-${sum}` : sum
}

/** Files whose contents make the key of a cache. */
const MOST_KEY_FILES = 100

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
