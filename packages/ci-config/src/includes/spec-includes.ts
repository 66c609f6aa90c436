import { ConfigError, faultAt } from '../fault.ts'
import { SpecIncludeError } from '../inputs/read-text.ts'
import { Dict, isBlank, type Key, List } from '../yaml/tree.ts'
import type { Including } from './include-entry.ts'
import { includeFiles } from './include-files.ts'
import { TimeoutError } from './include-run.ts'
import type { FileProblem, IncludedFile } from './included-file.ts'
import { SPEC_INCLUDE } from './match-kind.ts'
import { mergeFiles } from './merge-files.ts'
import { ComponentIncludeError, type Reading } from './verify-files.ts'

/**
 * Returns the `spec` of a header with the inputs of the files that its `include` names.
 *
 * @param file - that the header stands in; null for the configuration itself.
 * @throws SpecIncludeError for a file that is wrong, and for an input that is declared twice.
 * @throws ComponentIncludeError for a component, which cannot include inputs.
 */
export async function includeInSpec(spec: Dict, including: Including, file: IncludedFile | null): Promise<Dict> {
  if (file?.keyword === 'component' && spec.has('include')) {
    const message = `Component \`${file.shown}\` cannot use \`spec:include\`. This keyword is not supported in components`
    throw new ComponentIncludeError(faultAt(message, { place: spec.placeOf('include') }))
  }
  if (isBlank(spec.get('include'))) return spec
  try {
    return await merged(spec, including)
  } catch (error) {
    if (!(error instanceof ConfigError) || error instanceof TimeoutError) throw error
    throw new SpecIncludeError(error.message, spec.placeOf('include'))
  }
}

async function merged(spec: Dict, including: Including): Promise<Dict> {
  const files = await includeFiles(flattened(spec), including, SPEC_INCLUDE, READING)
  const [first, ...others] = files.map(({ content }) => content)
  if (first === undefined) return spec
  const names = [first, ...others, spec].flatMap((one) => {
    const inputs = one.get('inputs')
    return inputs instanceof Dict ? inputs.keys() : []
  })
  const counts = new Map<Key, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const result = await mergeFiles(first, [...others, spec], including.run)
  const twice = [...new Set(names.filter((name) => counts.get(name) !== 1))]
  if (twice.length > 0) {
    const message =
      `Duplicate input keys found: ${twice.join(', ')}. ` +
      'Input keys must be unique across all included files and inline specifications.'
    throw new ConfigError(faultAt(message, { place: spec.placeOf('include') }))
  }
  return result
}

/** In a header, lists inside the list count as if they were not there. */
function flattened(spec: Dict): Dict {
  const include = spec.get('include')
  const place = spec.placeOf('include')
  if (!(include instanceof List) || !place) return spec
  const flat = spec.copy()
  const items = include.flat()
  flat.set(
    'include',
    new List(
      items,
      items.map(() => place),
    ),
    place,
  )
  return flat
}

const READING: Reading = {
  withIncluded: (spec, file) => includeInSpec(spec, file.inside, file),
  finish: async (content, file) => onlyInputs(content, file),
}

function onlyInputs(content: Dict, file: IncludedFile): Dict | FileProblem {
  const unknown = content.keys().filter((key) => key !== 'inputs')
  if (unknown.length === 0) return content
  const shown = unknown.map((key) => `:${key}`).join(', ')
  return { message: `Header include file \`${file.shown}\` contains unknown keys: [${shown}]` }
}
