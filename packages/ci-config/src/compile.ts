import { compileTree } from './compile-tree.ts'
import type { Configuration } from './configuration.ts'
import { ConfigError, type Fault, faultAt } from './fault.ts'
import type { ConfigSource } from './includes/config-source.ts'
import type { KnownVariables } from './includes/known-variables.ts'
import { resolveIncludes } from './includes/resolve-includes.ts'
import { loadText } from './inputs/load-text.ts'
import { warningsOf } from './not-here.ts'
import { YamlError, type YamlWarning } from './yaml/read-yaml.ts'
import type { Dict, Json } from './yaml/tree.ts'

export interface CompileOptions {
  /** Where included files come from; without it none can be included. */
  readonly source?: ConfigSource
  /** Values for the inputs that the text's header declares. */
  readonly inputs?: Readonly<Record<string, Json>>
  /** What is known before the text is read: variables of the server, the project, the commit and the pipeline. */
  readonly variables?: KnownVariables
  /** What the text is called in errors; null is the configuration itself. */
  readonly file?: string | null
}

export type Compiled =
  | { readonly valid: true; readonly configuration: Configuration; readonly warnings: readonly Fault[] }
  | { readonly valid: false; readonly errors: readonly Fault[]; readonly warnings: readonly Fault[] }

/**
 * Compiles the text of a `.gitlab-ci.yml`.
 *
 * @returns the configuration, or every error that the phase found which failed; warnings in both cases. It never throws
 *   for anything that a text may say.
 * @see `docs/pipelines.md`
 */
export async function compile(text: string, options: CompileOptions = {}): Promise<Compiled> {
  const warnings: Fault[] = []
  try {
    if (text.trim() === '') throw new ConfigError(faultAt('Please provide content of .gitlab-ci.yml'))
    const configuration = compileTree(await included(text, options, warnings))
    return { valid: true, configuration, warnings: [...warnings, ...warningsOf(configuration)] }
  } catch (error) {
    return { valid: false, errors: faultsOf(error), warnings }
  }
}

function faultsOf(error: unknown): readonly Fault[] {
  if (error instanceof ConfigError) return error.faults
  if (error instanceof YamlError) return [faultAt(error.message, { place: error.place ?? undefined })]
  throw error
}

/** Reads the text and what it includes, as one tree. */
async function included(text: string, options: CompileOptions, warnings: Fault[]): Promise<Dict> {
  const { source, inputs = {}, variables = new Map(), file = null } = options
  const onWarning = ({ message, place }: YamlWarning) => warnings.push(faultAt(message, { place }))
  const context = { source, variables, onWarning }
  const loaded = await loadText({ file, text }, inputs, context)
  for (const warning of loaded.warnings) onWarning(warning)
  return await resolveIncludes(loaded.content, context)
}
