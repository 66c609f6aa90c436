import { type ApiRefusal, type Refusal, type Told, tell } from '../refusals.ts'
import { REST_ROUTES } from './routes.ts'

/** Stands for whatever a refusal is about, and reads `…`. */
const anything: unknown = new Proxy(() => anything, {
  get: (_, name) => (name === Symbol.toPrimitive || name === 'toJSON' ? () => '…' : anything),
})

/** Returns what is heard of a kind of refusal, with `…` for what it is about. For documents. */
export function tellKind(kind: Refusal['kind']): Told {
  const refusal = new Proxy({ kind }, { get: (_, name) => (name === 'kind' ? kind : anything) }) as Refusal
  const told = tell(refusal)
  return { ...told, sentence: `${told.sentence || '…'}` }
}

/** Of the kinds that have one status of their own. */
export const statusOfKind = (kind: Refusal['kind']): number => tellKind(kind).status

/** What any procedure may refuse with. `request_invalid` is not among them: its status is that of whatever is wrong. */
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

/** Kinds that callers of the admin API meet. */
export const DOCUMENTED_KINDS: readonly Refusal['kind'][] = [
  ...new Set([...(Object.keys(OF_ANY) as (keyof typeof OF_ANY)[]), ...REST_ROUTES.flatMap(({ refuses }) => refuses)]),
]
