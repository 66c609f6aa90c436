import { compile } from './compile.ts'
import { filesSource } from './includes/files-source.ts'
import { type Instantiated, instantiate } from './instantiate.ts'
import type { JobDefinition } from './job-definition.ts'
import type { CompiledJob } from './jobs/compiled-job.ts'
import { type DefinitionContext, parseDefinition } from './parse-job.ts'
import type { PipelineFacts } from './rules/pipeline-facts.ts'

/** Parses a definition that must be accepted; `script` is given unless it is among the keywords. */
export function parsed(keywords: object, context?: DefinitionContext): JobDefinition {
  const result = parseDefinition({ script: 'make', ...keywords }, context)
  if (!result.ok) throw new Error(`${result.error.field}: ${result.error.reason}`)
  return result.value
}

/** Returns the refusal of a definition that must be refused. */
export function refused(keywords: object): { field: string; reason: string } {
  const result = parseDefinition({ script: 'make', ...keywords })
  if (result.ok) throw new Error('was accepted')
  return result.error
}

const FILES = ['Dockerfile', 'notes/x/y.md', 'pkg/go.mod', 'src/a.ts']
const FACTS: PipelineFacts = {
  source: 'push',
  ref: 'main',
  refKind: 'branch',
  projectPath: 'group/project',
  changedPaths: ['src/a.ts', 'notes/x/y.md'],
  files: FILES,
}
const VARIABLES = { CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main', CI_PIPELINE_SOURCE: 'push' }

/** Returns the messages with which a configuration is refused; empty when it is valid. */
export async function errorsOf(text: string, files: Record<string, string> = {}): Promise<string[]> {
  const compiled = await compile(text, { source: filesSource(files) })
  return compiled.valid ? [] : compiled.errors.map(({ message }) => message)
}

/** Compiles a configuration that must be valid. */
export async function configurationOf(text: string, files: Record<string, string> = {}) {
  const compiled = await compile(text, { source: filesSource(files) })
  if (!compiled.valid) throw new Error(JSON.stringify(compiled.errors))
  return compiled.configuration
}

/** Returns one compiled job of a configuration that must be valid. */
export async function jobOf(text: string, name = 'j'): Promise<CompiledJob> {
  const { jobs } = await configurationOf(text)
  return jobs.find((job) => job.name === name) as CompiledJob
}

interface Situation {
  readonly facts?: Partial<PipelineFacts>
  readonly variables?: Record<string, string>
  readonly files?: Record<string, string>
}

/** Makes a pipeline: by default of a push to the branch `main`. */
export async function pipelineOf(text: string, { facts, variables, files }: Situation = {}): Promise<Instantiated> {
  return instantiate(await configurationOf(text, files), {
    facts: { ...FACTS, ...facts },
    variables: new Map(Object.entries({ ...VARIABLES, ...variables })),
  })
}

/** Returns the jobs of a pipeline in order, as `name(stage)`, or why there is none. */
export async function jobsOf(text: string, situation?: Situation): Promise<string> {
  const made = await pipelineOf(text, situation)
  if (made.kind !== 'planned') return `${made.kind}: ${made.errors[0]?.message}`
  return made.plan.jobs.map(({ job }) => `${job.name}(${job.stage})`).join(' ')
}
