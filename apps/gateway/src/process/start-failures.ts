import { DatabaseRefusedError, OLDEST_POSTGRES, ServerTooOldError, UnreadableAnswerError } from '@yardmaster/db'
import type { Config } from '../config.ts'
import { dataDirFailure, embeddedFailure } from './file-failures.ts'
import { type Explain, messageOf } from './start-error.ts'
import { codeOf, findCause } from './system-errors.ts'

/** No way to the server, or none that ends. */
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

/** Of TLS: the other side speaks none, or shows a certificate that is not trusted. */
const INSECURE = /^(?:EPROTO|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

const isInsecure = (error: unknown): boolean =>
  findCause(error, (cause) => INSECURE.test(String(codeOf(cause)))) !== null

/** By SQLSTATE, or the beginning of it. */
const POSTGRES: readonly (readonly [code: string, sentence: string])[] = [
  ['08', 'does not take the connection; see what its log says'],
  ['28', 'refuses the user or password; correct them'],
  ['3D000', 'has no such database; create it, or name another one'],
  ['42501', 'does not let this user make tables; grant it that'],
  ['53100', 'has no space left on its disk; make room there'],
  ['53300', 'has no connection to spare; raise max_connections, or stop what holds them'],
  ['53', 'has no room or memory left; see what its log says'],
  ['57P03', 'is not ready to serve yet; start again when it is'],
  ['57P0', 'is shutting down; start again when it is back'],
  ['58', 'has a fault; see what its log says'],
  ['XX', 'has a fault; see what its log says'],
  ['25006', 'is read-only; name the primary server'],
]

/** Sentences that the driver makes up itself. */
const DRIVER: readonly (readonly [text: RegExp, sentence: string])[] = [
  [/^timeout expired$|^Query read timeout$|^timeout exceeded/, 'does not answer; see that it runs and can be reached'],
  [/^Connection terminated/, 'closed the connection; see what its log says'],
  [/client password must be a string/, 'asks for a password; put one into the address'],
  [/SSL connection|certificate|self-signed/i, 'can’t be spoken to securely'],
]

/** Never with the password that is in the address. */
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
      return `${where} is no PostgreSQL, or one that can’t be understood; correct the address (${error.message})`
    }
    if (isInsecure(error)) return `${where} can’t be spoken to securely: ${messageOf(error)}`
    if (error instanceof Error && error.name === 'ConnectionLostError') {
      return `${where} does not answer; see that it runs and can be reached`
    }
    const reason = unreachable(error)
    return reason === null
      ? null
      : `${where} can’t be reached: ${reason}. See that it runs and that the address is right`
  }
}

/** Faults that no waiting mends. With any other one a start goes on, without Redis. */
const REDIS: readonly (readonly [text: RegExp, sentence: string])[] = [
  [/^WRONGPASS|^NOAUTH|invalid password/, 'refuses the user or password; correct them'],
  [/^NOPERM/, 'does not let this user do what is needed; grant it that'],
  [/DB index/, 'has no such database; name another one'],
  [/Unknown RESP type|Protocol error/, 'is something else than a Redis; correct the address'],
]

/** Null for what may pass. Never with the password that is in the address. */
export function redisFailure({ url }: { readonly url: string }): Explain {
  return (error) => {
    const where = `Redis at ${hostOf(url, '6379')} (REDIS_URL)`
    const known = REDIS.find(([text]) => text.test(messageOf(error)))
    if (known) return `${where} ${known[1]} (${messageOf(error)})`
    return isInsecure(error) ? `${where} can’t be spoken to securely: ${messageOf(error)}` : null
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
  TimeoutError: 'does not answer; see that its server runs and can be reached (S3_ENDPOINT)',
  AbortError: 'does not answer; see that its server runs and can be reached (S3_ENDPOINT)',
  NetworkingError: 'can’t be reached; see that its server runs and that the address is right (S3_ENDPOINT)',
}

export function objectStoreFailure({ objects, dataDir }: Pick<Config, 'objects' | 'dataDir'>): Explain {
  if (objects.kind === 'filesystem') return dataDirFailure({ dataDir })
  return (error) => {
    const at = objects.endpoint ? ` at ${new URL(objects.endpoint).host}` : ''
    const bucket = `The bucket ${objects.bucket}${at}`
    // First: the SDK calls what broke off a time-out.
    const reason = unreachable(error)
    if (reason !== null) {
      return `${bucket} can’t be reached: ${reason}. See that its server runs and that the address is right (S3_ENDPOINT)`
    }
    const found = findCause(error, (cause) => S3[nameOf(cause)] !== undefined)
    if (found) return `${bucket} ${S3[nameOf(found)]}`
    if (isInsecure(error)) return `${bucket} can’t be spoken to securely: ${messageOf(error)} (S3_ENDPOINT)`
    if (isNoHttp(error)) return `${bucket} is at an address where no HTTP is spoken; correct it (S3_ENDPOINT)`
    const status = findCause(error, (cause) => statusOf(cause) !== null)
    return status ? `${bucket} can’t be used: ${statusOf(status)} ${nameOf(status)}` : null
  }
}

/** Node's parser of HTTP. */
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
  EADDRNOTAVAIL: 'is no address of this machine; choose another HOST',
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

/** Host, port and database, without user and password. */
function addressOf(url: string): string {
  const { pathname } = new URL(url)
  return `${hostOf(url, '5432')}${pathname}`
}

function hostOf(url: string, usualPort: string): string {
  const { hostname, port, searchParams } = new URL(url)
  return `${searchParams.get('host') ?? (hostname || 'localhost')}:${port || usualPort}`
}
