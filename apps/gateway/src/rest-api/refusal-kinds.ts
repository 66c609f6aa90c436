import { REFUSAL_KINDS, type Refusal, type Told, tell } from '../refusals.ts'

/** Stands for whatever a refusal is about, and reads `…`. */
const anything: unknown = new Proxy(() => anything, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => '…' : anything),
})

/** Returns what is heard of a kind of refusal, with `…` for what it is about. For documents. */
export function tellKind(kind: Refusal['kind']): Told {
  const refusal = new Proxy({ kind }, { get: (_, name) => (name === 'kind' ? kind : anything) }) as Refusal
  const told = tell(refusal)
  return { ...told, sentence: `${told.sentence}` }
}

/** Of the kinds that have one status of their own. */
export const statusOfKind = (kind: Refusal['kind']): number => tellKind(kind).status

/** Kinds that callers of the admin API meet: `request_invalid` has the status of whatever is wrong. */
export const DOCUMENTED_KINDS: readonly Refusal['kind'][] = REFUSAL_KINDS.filter((kind) => kind !== 'request_invalid')
