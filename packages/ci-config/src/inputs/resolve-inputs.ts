import { Dict, type Place, toJson } from '../yaml/tree.ts'
import { DeclaredInput, INPUT_TYPES } from './declared-input.ts'

/** What is wrong, and where. */
export interface Problem {
  readonly message: string
  readonly place: Place | undefined
}

/**
 * Returns the value of each declared input, or what is wrong: unknown inputs that were given first, then declarations
 * without a known type, then the inputs in order.
 *
 * @param declared - `spec:inputs` of the header.
 */
export function resolveInputs(declared: Dict, given: Dict): Dict | readonly Problem[] {
  const inputs: DeclaredInput[] = []
  const undeclarable: Problem[] = []
  for (const [key, spec, place] of declared.entries()) {
    const input = DeclaredInput.read(String(key), spec, place)
    if (input) inputs.push(input)
    else undeclarable.push({ message: unknownSpecification(String(key)), place })
  }
  const provided = new Map(given.entries().map(([key, value]) => [String(key), value]))
  const values = new Map([...provided].map(([name, value]) => [name, toJson(value)]))
  const problems: Problem[] = []
  const resolved = new Dict()
  for (const input of inputs) {
    const value = provided.get(input.name)
    const at = given.placeOf(input.name)
    // A value that came with a request has no place of its own.
    const place = at && at.source !== input.place.source ? at : input.place
    problems.push(...input.problems(value, values).map((message) => ({ message, place })))
    const found = input.valueOf(value, values)
    values.set(input.name, toJson(found))
    resolved.set(input.name, found, place)
  }
  const all = [...unknownArguments(given, inputs), ...undeclarable, ...problems]
  return all.length > 0 ? all : resolved
}

const unknownSpecification = (name: string): string =>
  `unknown input specification for \`${name}\` (valid types: ${INPUT_TYPES.join(', ')})`

function unknownArguments(given: Dict, inputs: readonly DeclaredInput[]): Problem[] {
  const names = new Set(inputs.map(({ name }) => name))
  const unknown = given.keys().filter((key) => !names.has(String(key)))
  const [first] = unknown
  if (first === undefined) return []
  return [{ message: `unknown input arguments: ${unknown.join(', ')}`, place: given.placeOf(first) }]
}
