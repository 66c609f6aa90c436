import { ConfigError, faultAt } from '../fault.ts'
import type { KnownVariables } from '../includes/known-variables.ts'
import { readYaml, type YamlDocuments, YamlError, type YamlWarning } from '../yaml/read-yaml.ts'
import { Dict, List, type Place, type SourceText, type Value } from '../yaml/tree.ts'
import { checkHeader } from './check-header.ts'
import { InterpolationError, interpolate } from './interpolate.ts'
import { type Problem, resolveInputs } from './resolve-inputs.ts'

/** Of several problems, those that a message tells. */
const MAX_SHOWN = 3

/** What a component says about itself to its own text. */
export type ComponentFacts = ReadonlyMap<string, string | null>

export interface ReadContext {
  readonly variables: KnownVariables
  readonly component: ComponentFacts
  /** Returns `spec` with the inputs of the files that its `include` names. */
  readonly withIncluded: (spec: Dict) => Promise<Dict>
}

/** The content of a file, with its inputs put in. */
export interface LoadedText {
  readonly content: Dict
  readonly warnings: readonly YamlWarning[]
  /** Whether the file has a header. */
  readonly interpolated: boolean
}

/**
 * Reads a file: YAML, the check of its header, its inputs, and the blocks that ask for them.
 *
 * @param given - values for the inputs; null when none are given.
 * @throws ConfigError with one fault. Of several problems its message tells the first three.
 */
export async function readText(source: SourceText, given: Value, context: ReadContext): Promise<LoadedText> {
  const { header, content, warnings } = documentsOf(source)
  if (given !== null && !(given instanceof Dict)) throw refusal([{ message: NOT_A_MAP, place: undefined }])
  if (header === null) {
    if (given !== null && given.size > 0) {
      throw refusal([{ message: NOT_DECLARED, place: given.placeOf(given.keys()[0] ?? '') }])
    }
    return { content, warnings, interpolated: false }
  }
  const faults = checkHeader(header)
  if (faults[0]) throw new ConfigError({ ...faults[0], message: firstFew(faults) })
  const inputs = await inputsOf(header, given ?? new Dict(), context)
  return { content: interpolated(content, inputs, header, context), warnings, interpolated: true }
}

const NOT_A_MAP = 'Given inputs must be a hash'
const NOT_DECLARED = 'Given inputs not defined in the `spec` section of the included configuration file'

function documentsOf(source: SourceText): YamlDocuments {
  try {
    return readYaml(source)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw refusal([{ message: error.message, place: error.place ?? { source, offset: 0 } }])
  }
}

const firstFew = (problems: readonly { message: string }[]): string =>
  problems
    .slice(0, MAX_SHOWN)
    .map(({ message }) => message)
    .join(', ')

const refusal = (problems: readonly Problem[]): ConfigError =>
  new ConfigError(faultAt(firstFew(problems), { place: problems[0]?.place }))

async function inputsOf(header: Dict, given: Dict, { withIncluded }: ReadContext): Promise<Dict> {
  const spec = asDict(header.get('spec'))
  let failed: readonly Problem[] = []
  let declared = new Dict()
  try {
    declared = asDict((await withIncluded(spec)).get('inputs'))
  } catch (error) {
    if (!(error instanceof SpecIncludeError)) throw error
    failed = [error]
  }
  const inputs = resolveInputs(declared, given)
  const problems = [...failed, ...(inputs instanceof Dict ? [] : inputs)]
  if (problems.length > 0 || !(inputs instanceof Dict)) throw refusal(problems)
  return inputs
}

/** A fault in a file of `spec:include`, reported together with the faults of the inputs. */
export class SpecIncludeError extends Error {
  readonly place: Place | undefined

  constructor(message: string, place: Place | undefined) {
    super(message)
    this.place = place
  }
}

const asDict = (value: Value | undefined): Dict => (value instanceof Dict ? value : new Dict())

function interpolated(content: Dict, inputs: Dict, header: Dict, { variables, component }: ReadContext): Dict {
  const place = header.placeOf('spec') as Place
  const context = new Dict()
  context.set('inputs', inputs, place)
  context.set('component', factsAskedFor(header, component, place), place)
  try {
    return interpolate(content, { context, variables })
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error
    throw refusal(error.problems.map((message) => ({ message, place: error.place })))
  }
}

/** A component's text can use only those facts that its header asks for. */
function factsAskedFor(header: Dict, component: ComponentFacts, place: Place): Dict {
  const asked = asDict(header.get('spec')).get('component')
  const facts = new Dict()
  for (const name of asked instanceof List ? asked.items : []) {
    const fact = typeof name === 'string' ? component.get(name) : undefined
    if (typeof name === 'string' && fact !== undefined) facts.set(name, fact, place)
  }
  return facts
}
