import { ConfigError } from '../fault.ts'
import type { ConfigSource } from '../includes/config-source.ts'
import { topLevel } from '../includes/include-files.ts'
import { IncludeRun } from '../includes/include-run.ts'
import { includeInSpec } from '../includes/spec-includes.ts'
import { readYaml, YamlError } from '../yaml/read-yaml.ts'
import { Dict, type Json } from '../yaml/tree.ts'
import { checkHeader } from './check-header.ts'
import { DeclaredInput, type ShownInput } from './declared-input.ts'
import { fromJson } from './json-value.ts'
import { SpecIncludeError } from './read-text.ts'

/**
 * Lists the inputs that the header of a configuration declares, for a form, with what is wrong with the given values.
 *
 * @returns null while the text can't be read. Inputs of files that the source does not have are missing.
 */
export async function showInputs(
  text: string,
  { inputs, source }: { readonly inputs: Readonly<Record<string, Json>>; readonly source: ConfigSource },
): Promise<readonly ShownInput[] | null> {
  try {
    const { header } = readYaml({ file: null, text })
    if (header === null) return []
    if (checkHeader(header).length > 0) return null
    const spec = header.get('spec')
    return spec instanceof Dict ? shown(await withIncluded(spec, source), inputs) : []
  } catch (error) {
    if (error instanceof ConfigError || error instanceof YamlError) return null
    throw error
  }
}

async function withIncluded(spec: Dict, source: ConfigSource): Promise<Dict> {
  const run = new IncludeRun({ source, variables: new Map() })
  try {
    return await includeInSpec(spec, { run, level: topLevel(run) }, null)
  } catch (error) {
    if (error instanceof SpecIncludeError) return spec
    throw error
  } finally {
    run.end()
  }
}

function shown(spec: Dict, inputs: Readonly<Record<string, Json>>): readonly ShownInput[] {
  const declared = spec.get('inputs')
  if (!(declared instanceof Dict)) return []
  const values = new Map(Object.entries(inputs))
  return declared.entries().flatMap(([key, about, place]) => {
    const input = DeclaredInput.read(String(key), about, place)
    if (!input) return []
    const given = Object.hasOwn(inputs, input.name) ? fromJson(inputs[input.name] ?? null, place) : undefined
    const found = input.shown(given, values)
    values.set(input.name, values.get(input.name) ?? found.default)
    return [found]
  })
}
