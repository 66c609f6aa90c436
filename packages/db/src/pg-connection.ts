import pg from 'pg'
import { SESSION_SETTINGS } from './database.ts'

/** A server that does not accept a connection within this time counts as away. */
const CONNECT_MS = 4_000
/** A goodbye that the server does not answer ends the connection all the same. */
const GOODBYE_MS = 1_000
const KEEP_ALIVE_MS = 10_000

/** Which server process serves a connection: its id and when it began, because ids are used again. */
export interface Backend {
  readonly pid: number
  /** Seconds since 1970 as the server spells them. */
  readonly began: string
}

/**
 * What every connection asks for besides the planner's settings. A transaction whose client vanished holds its locks until
 * the server gives up on it: the server looks every few seconds, and waits for no next statement longer than our
 * transactions ever pause. `statement_timeout` is set by the caller.
 */
const NETWORK_SETTINGS = `
  set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
  set idle_in_transaction_session_timeout = '30s'`

const WHO_SERVES = `
  select pid, extract(epoch from backend_start)::text as began from pg_stat_activity where pid = pg_backend_pid()`

/** A connection that was thrown away, because what was asked on it got no answer. */
class ConnectionLostError extends Error {
  override name = 'ConnectionLostError'
}

/** What pg keeps to itself. */
interface OwnOfClient {
  readonly connection: {
    on(event: 'parameterStatus', listener: (message: { parameterName: string; parameterValue: string }) => void): void
    /** Reads the messages of the server out of `stream`, in a listener of its own. */
    attachListeners: (stream: Stream) => void
    readonly stream: Stream
  }
}

interface Stream {
  on(event: string, listener: (bytes: Uint8Array) => void): unknown
  destroy(error: Error): void
}

/** What the server said is no message that the driver knows: it is another program, or speaks another version. */
export class UnreadableAnswerError extends Error {
  override name = 'UnreadableAnswerError'
}

/** What is tested. Older servers lack some of what the statements use. */
export const OLDEST_POSTGRES = 15

/** The server is older than `OLDEST_POSTGRES`. */
export class ServerTooOldError extends Error {
  override name = 'ServerTooOldError'
  /** As the server tells it. */
  readonly version: string

  constructor(version: string) {
    super(`PostgreSQL ${version} is too old`)
    this.version = version
  }
}

/** One connection to PostgreSQL that neither hangs while it is made or ended, nor ends the process when it breaks. */
export class PgConnection extends pg.Client {
  /** Null before `begin`. */
  backend: Backend | null = null
  /** When the server was heard of last, by `performance.now()`. */
  heardAt = performance.now()
  /** As the server told it when it took the connection; empty before that, and from what tells none. */
  #serverVersion = ''

  constructor(options: pg.ClientConfig = {}) {
    super({
      ...options,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    })
    // Who uses the connection hears of its end by its statement. Without a listener it would end the process.
    this.on('error', () => undefined)
    const { connection } = this.#own
    const attach = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => attach(breaksWhenUnreadable(stream))
    connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'server_version') this.#serverVersion = parameterValue
    })
  }

  /**
   * Makes the settings of a connection that has just connected.
   *
   * @param statementMs - after so many milliseconds the server ends a statement; 0: never.
   * @throws ServerTooOldError before anything is asked of it.
   */
  async begin(statementMs: number): Promise<void> {
    if (Number.parseInt(this.#serverVersion, 10) < OLDEST_POSTGRES) throw new ServerTooOldError(this.#serverVersion)
    const text = `${SESSION_SETTINGS}; ${NETWORK_SETTINGS}; set statement_timeout = ${statementMs}; ${WHO_SERVES}`
    // pg's types don't know that several statements give several results.
    const results = (await this.query(text)) as unknown as readonly pg.QueryResult<Backend>[]
    this.backend = results.at(-1)?.rows[0] ?? null
    this.heardAt = performance.now()
  }

  /** Throws the connection away without a word to the server; a statement under way fails with `reason`. */
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

/** The driver throws where nothing waits for it: without this, bytes from a server would end the process. */
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
