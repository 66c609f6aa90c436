import { statfsSync } from 'node:fs'
import { DatabaseRefusedError } from '@yardmaster/db'
import type { Config } from '../config.ts'
import { codeOf, findCause, isDiskFull } from './system-errors.ts'

/** The program can't start, and the operator can change that: the message says which part, where, and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Says what an error means to the operator, or null: then it is a bug, and its stack is shown. */
export type Explain = (error: unknown) => string | null

/** @throws StartError when `explain` knows what went wrong. */
export async function starting<T>(explain: Explain, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const sentence = explain(error)
    if (sentence === null) throw error
    throw new StartError(sentence, { cause: error })
  }
}

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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** By SQLSTATE, or the beginning of it. */
const POSTGRES: readonly (readonly [code: string, sentence: string])[] = [
  ['28', 'refuses the user or password; correct them'],
  ['3D000', 'has no such database; create it, or name another one'],
  ['42501', 'does not let this user make tables; grant it that'],
  ['53100', 'has no space left on its disk; make room there'],
  ['53300', 'has no connection to spare; raise max_connections, or stop what holds them'],
  ['57P03', 'is not ready to serve yet; start again when it is'],
  ['25006', 'is read-only; name the primary server'],
]

/** Sentences that the driver makes up itself. */
const DRIVER: readonly (readonly [text: RegExp, sentence: string])[] = [
  [/^timeout expired$|^Query read timeout$|^timeout exceeded/, 'does not answer; see that it runs and can be reached'],
  [/^Connection terminated/, 'closed the connection; see what its log says'],
  [/client password must be a string/, 'asks for a password; put one into the address'],
  [/does not support SSL|certificate|self-signed/i, 'can’t be spoken to securely'],
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
    if (error instanceof Error && error.name === 'ConnectionLostError') {
      return `${where} does not answer; see that it runs and can be reached`
    }
    const reason = unreachable(error)
    return reason === null
      ? null
      : `${where} can’t be reached: ${reason}. See that it runs and that the address is right`
  }
}

function embeddedFailure(dir: string, error: unknown): string | null {
  // Postgres inside this process says only that it did not start, whatever kept it from that.
  if (isDiskFull(error) || (/failed to initialize/.test(messageOf(error)) && hasNoRoom(dir))) return diskFull(dir)
  return fileFailure(dir, error)
}

/** The embedded database needs a segment of its log, of 16 MiB, to start. */
const ROOM_BYTES = 16 * 1_048_576

function hasNoRoom(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize < ROOM_BYTES
  } catch {
    return false
  }
}

const diskFull = (path: string): string =>
  `The disk is full: nothing can be written to ${path} (DATA_DIR). Make room, or choose another DATA_DIR`

const FILES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read or write it; change its owner or mode',
  EPERM: 'this user may not read or write it; change its owner or mode',
  EROFS: 'it is on a disk that is mounted read-only',
  ENOTDIR: 'there is a file where a directory should be; move it away',
  EEXIST: 'there is a file where a directory should be; move it away',
  EISDIR: 'there is a directory where a file should be; move it away',
  EMFILE: 'this process may not open more files; raise its limit (ulimit -n)',
  ENFILE: 'the system may not open more files',
  EIO: 'the disk does not work',
  ENOENT: 'it is gone',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its path leads in a circle',
}

function fileFailure(path: string, error: unknown): string | null {
  const found = findCause(error, (cause) => FILES[String(codeOf(cause))] !== undefined)
  if (!found) return null
  const named = 'path' in found && typeof found.path === 'string' ? found.path : path
  return `${named} (DATA_DIR) can’t be used: ${FILES[String(codeOf(found))]}`
}

/** For what is done with files in `DATA_DIR`. */
export function dataDirFailure({ dataDir }: Pick<Config, 'dataDir'>): Explain {
  return (error) => {
    if (isDiskFull(error)) return diskFull(dataDir)
    const ofFile = fileFailure(dataDir, error)
    if (ofFile !== null) return ofFile
    return error instanceof Error && error.name === 'DataDirError' ? error.message : null
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
  TimeoutError: 'does not answer (S3_ENDPOINT)',
  AbortError: 'does not answer (S3_ENDPOINT)',
  NetworkingError: 'can’t be reached (S3_ENDPOINT)',
}

export function objectStoreFailure({ objects, dataDir }: Pick<Config, 'objects' | 'dataDir'>): Explain {
  if (objects.kind === 'filesystem') return dataDirFailure({ dataDir })
  return (error) => {
    const at = objects.endpoint ? ` at ${new URL(objects.endpoint).host}` : ''
    const bucket = `The bucket ${objects.bucket}${at}`
    const found = findCause(error, (cause) => S3[nameOf(cause)] !== undefined)
    if (found) return `${bucket} ${S3[nameOf(found)]}`
    const reason = unreachable(error)
    if (reason !== null) return `${bucket} can’t be reached: ${reason} (S3_ENDPOINT)`
    const status = findCause(error, (cause) => statusOf(cause) !== null)
    return status ? `${bucket} can’t be used: ${statusOf(status)} ${nameOf(status)}` : null
  }
}

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
  const { hostname, port, pathname, searchParams } = new URL(url)
  const host = searchParams.get('host') ?? (hostname || 'localhost')
  return `${host}:${port || '5432'}${pathname}`
}
