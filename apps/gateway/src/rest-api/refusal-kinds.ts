import { type ApiRefusal, type DescribedRefusal, describeRefusal, type Refusal } from '../refusals.ts'
import { REST_ROUTES } from './routes.ts'

/** A stand-in for every value in a refusal, which prints as `…`. */
const anything: unknown = new Proxy(() => anything, {
  get: (_, name) => (name === Symbol.toPrimitive || name === 'toJSON' ? () => '…' : anything),
})

/** Returns a kind of refusal for documents, with `…` for its values. */
export function describeKind(kind: Refusal['kind']): DescribedRefusal {
  const refusal = new Proxy({ kind }, { get: (_, name) => (name === 'kind' ? kind : anything) }) as Refusal
  const described = describeRefusal(refusal)
  return { ...described, sentence: `${described.sentence || '…'}` }
}

/** Returns the status of a kind that has a fixed one. */
export const statusOfKind = (kind: Refusal['kind']): number => describeKind(kind).status

/** Refusals of every procedure, except `request_invalid`, whose status depends on the cause. */
const OF_ANY: Readonly<Record<Exclude<ApiRefusal['kind'], 'request_invalid'>, true>> = {
  unauthenticated: true,
  cross_site: true,
  input_invalid: true,
  body_invalid: true,
  body_too_large: true,
  body_too_slow: true,
  answers_too_large: true,
  procedure_not_found: true,
  internal_error: true,
}

/** Kinds of refusals that callers of the admin API can get. */
export const DOCUMENTED_KINDS: readonly Refusal['kind'][] = [
  ...new Set([...(Object.keys(OF_ANY) as (keyof typeof OF_ANY)[]), ...REST_ROUTES.flatMap(({ refuses }) => refuses)]),
]
