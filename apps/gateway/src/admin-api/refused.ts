import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { Result } from '@yardmaster/common'
import type { DomainError } from '@yardmaster/domain'
import { z } from 'zod'
import { type ApiRefusal, describeRefusal, type FieldFault, type Refusal } from '../refusals.ts'

/** A refusal as the error that a procedure throws. */
export class Refused extends TRPCError {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    const { code, sentence } = describeRefusal(refusal)
    super({ code, message: sentence })
    this.refusal = refusal
  }
}

/** Returns the value of a result. @throws Refused when it is a refusal. */
export function unwrap<T, E extends DomainError>(result: Result<T, E>): T {
  if (result.ok) return result.value
  throw new Refused(result.error)
}

/** Returns a value that is not null. @throws Refused with `otherwise` when it is. */
export function found<T>(value: T | null, otherwise: DomainError): T {
  if (value === null) throw new Refused(otherwise)
  return value
}

/** Refuses one field of an input that its schema accepted. @throws Refused always. */
export function refuseField(path: string, message: string): never {
  throw new Refused({ kind: 'input_invalid', fields: [{ path, message }] })
}

/** Returns the refusal behind any error of a procedure: ours, an input that fails its schema, or tRPC's own. */
export function refusalIn(error: TRPCError): Refusal {
  if (error instanceof Refused) return error.refusal
  const { code, cause, message } = error
  if (code === 'INTERNAL_SERVER_ERROR') return { kind: 'internal_error' }
  if (cause instanceof z.ZodError) return inputInvalid(cause)
  if (code === 'NOT_FOUND') return { kind: 'procedure_not_found', sentence: message }
  return { kind: 'request_invalid', sentence: message, code, status: getHTTPStatusCodeFromError(error) }
}

/** Characters. The unknown name in a message may be as long as the request. */
const LONGEST_MESSAGE = 2_000
/** An input of many values may have as many faults. */
const MOST_FIELDS = 100

function inputInvalid({ issues }: z.ZodError): ApiRefusal {
  const fields: FieldFault[] = issues.slice(0, MOST_FIELDS).map(({ path, message }) => ({
    path: spell(path).slice(0, LONGEST_MESSAGE),
    message: message.slice(0, LONGEST_MESSAGE),
  }))
  const sentence = fields
    .map(({ path, message }) => `${path || 'input'}: ${message}`)
    .join('; ')
    .slice(0, LONGEST_MESSAGE)
  return { kind: 'input_invalid', fields, sentence }
}

/** Spells a path as JavaScript would: `variables[2].key`. */
function spell(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
