import { DatabaseRefusedError, OLDEST_POSTGRES, ServerTooOldError, UnreadableAnswerError } from '@yardmaster/db'
import type { Config } from '../config.ts'
import { dataDirFailure, embeddedFailure } from './file-failures.ts'
import { type Explain, messageOf } from './start-error.ts'
import { codeOf, findCause } from './system-errors.ts'

/** Why a server can't be reached, by error code. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host can’t be looked up',
  EHOSTUNREACH: 'the host can’t be reached',
  ENETUNREACH: 'the network can’t be reached',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not connect to it',
}

function unreachable(error: unknown): string | null {
  const found = findCause(error, (cause) => UNREACHABLE[String(codeOf(cause))] !== undefined)
  return found ? (UNREACHABLE[String(codeOf(found))] ?? null) : null
}

/** Matches codes of TLS errors: the other side does not support TLS, or its certificate is not trusted. */
const INSECURE = /^(?:EPROTO|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

const isInsecure = (error: unknown): boolean =>
  findCause(error, (cause) => INSECURE.test(String(codeOf(cause)))) !== null

/** Sentences by SQLSTATE or its beginning. */
const POSTGRES: readonly (readonly [code: string, sentence: string])[] = [
  ['08', 'refuses the connection; check its log'],
  ['28', 'refuses the user or password; correct them'],
  ['3D000', 'has no such database; create it, or name another one'],
  ['42501', 'does not let this user create tables; grant the right to'],
  ['53100', 'has no space left on its disk; make room there'],
  ['53300', 'has no free connection; raise max_connections, or stop the programs that use them'],
  ['53', 'has no disk space or memory left; check its log'],
  ['57P03', 'is not ready to serve yet; start again when it is'],
  ['57P0', 'is shutting down; start again when it is back'],
  ['58', 'has a fault; check its log'],
  ['XX', 'has a fault; check its log'],
  ['25006', 'is read-only; name the primary server'],
]

/** Sentences by the messages of the driver, which have no code. */
const DRIVER: readonly (readonly [text: RegExp, sentence: string])[] = [
  [
    /^timeout expired$|^Query read timeout$|^timeout exceeded/,
    'does not answer; check that it runs and can be reached',
  ],
  [/^Connection terminated/, 'closed the connection; check its log'],
  [/client password must be a string/, 'asks for a password; put one into the address'],
  [/SSL connection|certificate|self-signed/i, 'can’t be reached securely'],
]

/** Explains a failure of the database. Never shows the password in its address. */
export function databaseFailure({ database }: Pick<Config, 'database'>): Explain {
  return (error) => {
    if (error instanceof DatabaseRefusedError) return error.message
    if (database.kind === 'pglite') return embeddedFailure(database.dir, error)
    const where = `PostgreSQL at ${addressOf(database.url)} (DATABASE_URL)`
    const code = String(codeOf(error))
    const known = POSTGRES.find(([beginning]) => code.startsWith(beginning))
    if (known) return `${where} ${known[1]}: ${messageOf(error)}`
    const made = DRIVER.find(([text]) => text.test(messageOf(error)))
    if (made) return `${where} ${made[1]} (${messageOf(error)})`
    if (error instanceof ServerTooOldError) {
      return `${where} is version ${error.version}; Yardmaster needs ${OLDEST_POSTGRES} or newer`
    }
    if (error instanceof UnreadableAnswerError) {
      return `${where} is not a PostgreSQL server, or gave an unexpected answer; correct the address (${error.message})`
    }
    if (isInsecure(error)) return `${where} can’t be reached securely: ${messageOf(error)}`
    if (error instanceof Error && error.name === 'ConnectionLostError') {
      return `${where} does not answer; check that it runs and can be reached`
    }
    const reason = unreachable(error)
    return reason === null
      ? null
      : `${where} can’t be reached: ${reason}. Check that it runs and that the address is right`
  }
}

/** Faults that waiting does not fix. After any other fault the start continues without Redis. */
const REDIS: readonly (readonly [text: RegExp, sentence: string])[] = [
  [/^WRONGPASS|^NOAUTH|invalid password/, 'refuses the user or password; correct them'],
  [/^NOPERM/, 'does not let this user run the needed commands; grant the right to'],
  [/DB index/, 'has no such database; name another one'],
  [/Unknown RESP type|Protocol error/, 'is not a Redis server; correct the address'],
]

/** Explains a failure of Redis; null for one that may go away. Never shows the password in the address. */
export function redisFailure({ url }: { readonly url: string }): Explain {
  return (error) => {
    const where = `Redis at ${hostOf(url, '6379')} (REDIS_URL)`
    const known = REDIS.find(([text]) => text.test(messageOf(error)))
    if (known) return `${where} ${known[1]} (${messageOf(error)})`
    return isInsecure(error) ? `${where} can’t be reached securely: ${messageOf(error)}` : null
  }
}

const S3: Readonly<Record<string, string>> = {
  NoSuchBucket: 'does not exist; create it, or name another one (S3_BUCKET)',
  AccessDenied: 'does not let these credentials store objects (AWS_ACCESS_KEY_ID and the others)',
  InvalidAccessKeyId: 'is not open to these credentials: the key is not known (AWS_ACCESS_KEY_ID)',
  SignatureDoesNotMatch: 'is not open to these credentials: the secret is wrong (AWS_SECRET_ACCESS_KEY)',
  ExpiredToken: 'is not open to these credentials: they have expired (AWS_SESSION_TOKEN)',
  PermanentRedirect: 'is in another region (S3_REGION)',
  AuthorizationHeaderMalformed: 'is in another region (S3_REGION)',
  CredentialsProviderError: 'can’t be used: no credentials were found (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)',
  TimeoutError: 'does not answer; check that its server runs and can be reached (S3_ENDPOINT)',
  AbortError: 'does not answer; check that its server runs and can be reached (S3_ENDPOINT)',
  NetworkingError: 'can’t be reached; check that its server runs and that the address is right (S3_ENDPOINT)',
}

export function objectStoreFailure({ objects, dataDir }: Pick<Config, 'objects' | 'dataDir'>): Explain {
  if (objects.kind === 'filesystem') return dataDirFailure({ dataDir })
  return (error) => {
    const at = objects.endpoint ? ` at ${new URL(objects.endpoint).host}` : ''
    const bucket = `The bucket ${objects.bucket}${at}`
    // Before the SDK's own names, because it reports a broken connection as a time-out.
    const reason = unreachable(error)
    if (reason !== null) {
      return `${bucket} can’t be reached: ${reason}. Check that its server runs and that the address is right (S3_ENDPOINT)`
    }
    const found = findCause(error, (cause) => S3[nameOf(cause)] !== undefined)
    if (found) return `${bucket} ${S3[nameOf(found)]}`
    if (isInsecure(error)) return `${bucket} can’t be reached securely: ${messageOf(error)} (S3_ENDPOINT)`
    if (isNoHttp(error)) return `${bucket} is at an address without an HTTP server; correct it (S3_ENDPOINT)`
    const status = findCause(error, (cause) => statusOf(cause) !== null)
    return status ? `${bucket} can’t be used: ${statusOf(status)} ${nameOf(status)}` : null
  }
}

/** Returns whether Node's HTTP parser rejected the answer. */
const isNoHttp = (error: unknown): boolean =>
  findCause(error, (cause) => String(codeOf(cause)).startsWith('HPE_')) !== null

const nameOf = (error: object): string => ('name' in error ? String(error.name) : '')

function statusOf(error: object): number | null {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return $metadata?.httpStatusCode ?? null
}

const LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program; stop it, or choose another PORT',
  EACCES: 'may not be opened by this user; choose a PORT above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine; choose another HOST',
  ENOTFOUND: 'can’t be looked up; choose another HOST',
  EAI_AGAIN: 'can’t be looked up; choose another HOST',
  EINVAL: 'can’t be listened on; choose another HOST',
}

export function listenFailure({ listen: { host, port } }: Pick<Config, 'listen'>): Explain {
  return (error) => {
    const sentence = LISTEN[String(codeOf(error))]
    return sentence === undefined ? null : `${host}:${port} (HOST and PORT) ${sentence}`
  }
}

/** Returns host, port and database of an address, without user and password. */
function addressOf(url: string): string {
  const { pathname } = new URL(url)
  return `${hostOf(url, '5432')}${pathname}`
}

function hostOf(url: string, usualPort: string): string {
  const { hostname, port, searchParams } = new URL(url)
  return `${searchParams.get('host') ?? (hostname || 'localhost')}:${port || usualPort}`
}
