import { ConfigError, faultAt } from '../fault.ts'
import { topLevel } from '../includes/include-files.ts'
import { type IncludeContext, IncludeRun } from '../includes/include-run.ts'
import { includeInSpec } from '../includes/spec-includes.ts'
import { Dict, type Json, type SourceText } from '../yaml/tree.ts'
import { fromJson } from './json-value.ts'
import { type LoadedText, readText } from './read-text.ts'

export type { LoadedText } from './read-text.ts'

/** Inputs that a pipeline can be given. */
const MAX_INPUTS = 20

/**
 * Reads the configuration itself: YAML, its header, its inputs, and the blocks that ask for them.
 *
 * @param given - values for the inputs; null when none are given.
 * @throws ConfigError with one fault. Of several problems its message tells the first three.
 */
export async function loadText(
  source: SourceText,
  given: Readonly<Record<string, Json>> | null,
  context: IncludeContext,
): Promise<LoadedText> {
  const inputs = inputsFrom(given ?? {}, source)
  const run = new IncludeRun(context)
  const level = topLevel(run)
  try {
    return await readText(source, inputs, {
      variables: level.variables,
      component: level.component,
      withIncluded: (spec) => includeInSpec(spec, { run, level }, null),
    })
  } finally {
    run.end()
  }
}

function inputsFrom(given: Readonly<Record<string, Json>>, source: SourceText): Dict {
  const entries = Object.entries(given)
  if (entries.length > MAX_INPUTS) throw new ConfigError(faultAt(`There cannot be more than ${MAX_INPUTS} inputs`))
  const inputs = new Dict()
  for (const [name, value] of entries) {
    try {
      inputs.set(name, fromJson(value, { source, offset: 0 }), { source, offset: 0 })
    } catch {
      throw new ConfigError(faultAt(`\`${name}\` input: provided value is nested too deeply`))
    }
  }
  return inputs
}
