import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, pino } from 'pino'

export type { Logger }

/** What a request is about. */
interface Subject {
  job?: number
  runner?: number
  /** The type of an upload. */
  artifact?: string
  /** Bytes read of an upload. */
  bytes?: number
  /** Why the request failed, where the answer does not say. */
  err?: unknown
}

/** Fields of every line of a request: its id, and its subject once that is known. */
interface RequestFields extends Subject {
  requestId: string
}

const current = new AsyncLocalStorage<RequestFields>()

/** Tokens keep their prefix and eight characters, enough to tell them apart. */
const TOKENS = /\b(glrt-|glrtr-|glcbt-64_|glcbt-|GR1348941|glpat-|ymwh-)([A-Za-z0-9_-]{8})[A-Za-z0-9_-]{6,}/g
const URL_CREDENTIALS = /(\w:\/\/[^\s/:@"]+):[^\s/@"]+@/g
/** A user name without a password is often a token, and a password may have no user name. */
const URL_USER = /(\w:\/\/):?[^\s/:@"…]+@/g
const URL_QUERY = /(\w:\/\/[^\s?#"]+)\?[^\s"]+/g
const SIGN_IN = /(sign-in\?token=)[A-Za-z0-9_-]+/g

/** Returns a function that removes secrets from text: our tokens, passwords in addresses, and `known` values. */
export function redactor(known: readonly string[]): (text: string) => string {
  const exact = known.filter((secret) => secret.length >= 8)
  return (text) => {
    let clean = text
      .replace(TOKENS, '$1$2…')
      .replace(URL_CREDENTIALS, '$1:…@')
      .replace(URL_USER, '$1…@')
      .replace(SIGN_IN, '$1…')
      .replace(URL_QUERY, '$1?…')
    for (const secret of exact) if (clean.includes(secret)) clean = clean.replaceAll(secret, '…')
    return clean
  }
}

/**
 * Opens the server log: JSON lines on standard error, all passed through the redactor.
 *
 * @param secrets - values that must never appear, such as the administrator's token.
 */
export function openLog(level: string, secrets: readonly string[] = [], write?: (line: string) => void): Logger {
  const redact = redactor(secrets)
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => ({ ...current.getStore() }),
    hooks: { streamWrite: redact },
  }
  return write ? pino(options, { write }) : pino(options, pino.destination({ dest: 2, sync: false }))
}

/** Runs a request's work so that its lines carry its id. */
export const withRequestId = <T>(requestId: string, work: () => T): T => current.run({ requestId }, work)

/** Adds fields to the further lines of the current request. */
export function describeRequest(fields: Subject): void {
  const store = current.getStore()
  if (store) Object.assign(store, fields)
}
