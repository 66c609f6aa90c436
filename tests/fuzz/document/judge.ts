import type { GivenAnswer, OpenApi } from '../../support/openapi.ts'
import type { Case } from './cases.ts'
import type { Place } from './spoil.ts'

interface Problem {
  readonly kind: string
  readonly detail: string
  readonly fields: readonly { readonly path: string }[]
}

/** Refusals of malformed input, which a request that conforms to the document never gets. */
const MALFORMED = [
  'input_invalid',
  'body_invalid',
  'body_too_large',
  'request_invalid',
  'unauthenticated',
  'cross_site',
]

/** Rules that OpenAPI cannot express: which members belong together. Refusals for them name these fields. */
const BEYOND_SCHEMAS: Readonly<Record<string, readonly string[]>> = {
  'traces.lines': ['from'],
  'pipelines.create': ['sha'],
  'pipelines.lint': ['sha'],
  'runners.create': ['projectId', 'groupId'],
  'projects.create': ['variables'],
  'projects.update': ['variables'],
}

/** Returns the faults of an answer, given what the document promises. */
export function faultsOf(document: OpenApi, one: Case, answer: GivenAnswer): string[] {
  const { operation, promised, method } = one
  const { status } = answer
  // Node itself answers 400 without a body to a request that ends too early.
  if (promised.kind === 'cut' && status === 400 && answer.text === '') return []
  const broken = status >= 500 ? [`it failed with ${status}`] : []
  // With another method, it is an operation that the document does not have.
  const told = method === operation.method ? document.faultsOf(operation, answer) : []
  if (broken.length + told.length > 0) return [...broken, ...told]
  const problem = status >= 400 ? problemIn(answer.text) : null
  if (problem === 'none' || (problem && answer.contentType !== 'application/problem+json'))
    return [`${status} without a problem document`]
  if (promised.kind === 'cut') return []
  if (promised.kind === 'accepted') return problem ? refusedInVain(one, problem) : []
  if (!promised.statuses.includes(status)) return [`${status} instead of ${promised.statuses.join(' or ')}`]
  if (problem?.kind !== 'input_invalid' || !promised.field?.length) return []
  return problem.fields.some(({ path }) => isAround(path, promised.field ?? []))
    ? []
    : [`the refusal names ${problem.fields.map(({ path }) => path).join(', ')} instead of ${promised.field.join('.')}`]
}

function problemIn(text: string): Problem | 'none' {
  try {
    return JSON.parse(text) as Problem
  } catch {
    return 'none'
  }
}

function refusedInVain({ operation }: Case, { kind, detail, fields }: Problem): string[] {
  // A value that a schema leaves open may nest to any depth, and a body may not.
  if (kind === 'body_invalid' && detail.includes('nests deeper')) return []
  if (!MALFORMED.includes(kind)) return []
  const beyond = BEYOND_SCHEMAS[operation.id] ?? []
  if (kind === 'input_invalid' && fields.every(({ path }) => beyond.includes(path))) return []
  return [`what the document allows was refused as ${kind}`]
}

/** Returns whether a field named by a refusal contains a place, or lies within it. */
function isAround(path: string, place: Place): boolean {
  const named = path.split(/[.[\]]+/).filter((part) => part !== '')
  return named.every((part, at) => at >= place.length || part === String(place[at]))
}
