import pg from 'pg'
import { SESSION_SETTINGS } from './database.ts'

/** A server that does not accept a connection within this time counts as away. */
const CONNECT_MS = 4_000
/** A connection is closed after this time even if the server does not confirm its end. */
const GOODBYE_MS = 1_000
const KEEP_ALIVE_MS = 10_000

/** Identifies the server process of a connection: its id and its start, because ids are reused. */
export interface Backend {
  readonly pid: number
  /** Seconds since 1970 in the server's spelling. */
  readonly began: string
}

/**
 * Settings of every connection besides the planner's. A transaction whose client vanished holds its locks until the
 * server gives it up: the server checks every few seconds, and waits for the next statement no longer than our
 * transactions ever pause. The caller sets `statement_timeout`.
 */
const NETWORK_SETTINGS = `
  set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
  set idle_in_transaction_session_timeout = '30s'`

const WHO_SERVES = `
  select pid, extract(epoch from backend_start)::text as began from pg_stat_activity where pid = pg_backend_pid()`

/** A connection that was discarded because a statement on it got no answer. */
class ConnectionLostError extends Error {
  override name = 'ConnectionLostError'
}

/** Private members of pg's client. */
interface OwnOfClient {
  readonly connection: {
    on(event: 'parameterStatus', listener: (message: { parameterName: string; parameterValue: string }) => void): void
    /** Reads the server's messages from `stream`, in its own listener. */
    attachListeners: (stream: Stream) => void
    readonly stream: Stream
  }
}

interface Stream {
  on(event: string, listener: (bytes: Uint8Array) => void): unknown
  destroy(error: Error): void
}

/**
 * The server sent something that is not a message of the protocol: it is another program, or speaks another version.
 */
export class UnreadableAnswerError extends Error {
  override name = 'UnreadableAnswerError'
}

/** The oldest version that is tested. Older servers lack features that the statements use. */
export const OLDEST_POSTGRES = 15

/** The server is older than `OLDEST_POSTGRES`. */
export class ServerTooOldError extends Error {
  override name = 'ServerTooOldError'
  /** As the server reports it. */
  readonly version: string

  constructor(version: string) {
    super(`PostgreSQL ${version} is too old`)
    this.version = version
  }
}

/**
 * A connection to PostgreSQL that does not hang when it is opened or closed, and does not end the process when it
 * breaks.
 */
export class PgConnection extends pg.Client {
  /** Null before `begin`. */
  backend: Backend | null = null
  /** When the server last sent something, by `performance.now()`. */
  heardAt = performance.now()
  /** As the server reported it while connecting; empty before that, and for servers that do not report it. */
  #serverVersion = ''

  constructor(options: pg.ClientConfig = {}) {
    super({
      ...options,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    })
    // Users of the connection notice its end when their statement fails. Without a listener the error would end the
    // process.
    this.on('error', () => undefined)
    const { connection } = this.#own
    const attach = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => attach(breaksWhenUnreadable(stream))
    connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'server_version') this.#serverVersion = parameterValue
    })
  }

  /**
   * Configures a connection that has just been opened.
   *
   * @param statementMs - milliseconds after which the server ends a statement; 0 for never.
   * @throws ServerTooOldError before running anything.
   */
  async begin(statementMs: number): Promise<void> {
    if (Number.parseInt(this.#serverVersion, 10) < OLDEST_POSTGRES) throw new ServerTooOldError(this.#serverVersion)
    const text = `${SESSION_SETTINGS}; ${NETWORK_SETTINGS}; set statement_timeout = ${statementMs}; ${WHO_SERVES}`
    // pg's types do not cover that several statements return several results.
    const results = (await this.query(text)) as unknown as readonly pg.QueryResult<Backend>[]
    this.backend = results.at(-1)?.rows[0] ?? null
    this.heardAt = performance.now()
  }

  /** Discards the connection without notifying the server; a running statement fails with `reason`. */
  cut(reason: string): void {
    // `end` would wait for the server.
    this.#own.connection.stream.destroy(new ConnectionLostError(reason))
  }

  get #own(): OwnOfClient {
    return this as unknown as OwnOfClient
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const late = setTimeout(() => this.cut('PostgreSQL did not end the connection'), GOODBYE_MS)
    this.once('end', () => clearTimeout(late))
    return callback ? super.end(callback) : super.end()
  }
}

/** The driver throws in a place without a caller: without this, malformed bytes from a server would end the process. */
function breaksWhenUnreadable(stream: Stream): Stream {
  return {
    on: (event, listener) =>
      stream.on(event, (bytes) => {
        try {
          listener(bytes)
        } catch (cause) {
          const { message } = cause as Error
          stream.destroy(new UnreadableAnswerError(message, { cause }))
        }
      }),
    destroy: (error) => stream.destroy(error),
  }
}
