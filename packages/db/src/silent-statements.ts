import type pg from 'pg'
import { type Backend, PgConnection } from './pg-connection.ts'

/** A statement without an answer for this long is checked. Most of ours take a millisecond. */
const SILENT_MS = 3_500
const LOOK_EVERY_MS = 500
/** An answer that was in transit when the server was queried has arrived after this time. */
const ARRIVAL_MS = 500
/** How long the server may take to answer the check. */
const ANSWER_MS = 2_000
const TOO_MANY_CONNECTIONS = '53300'

interface Waiting {
  readonly connection: PgConnection
  readonly sentAt: number
  /** When it is cut whatever the server says, by `performance.now()`. */
  readonly until: number
}

/** The server's view of a connection: executing a statement, idle, or unknown. */
type Fate = 'busy' | 'idle' | 'gone'

const spell = ({ pid, began }: Backend): string => `${pid} ${began}`

// An answer that waits for us to read it counts as lost: we read nothing else that slowly.
const FATES = `
select pid || ' ' || extract(epoch from backend_start)::text as backend,
       state = 'active' and wait_event is distinct from 'ClientWrite' as busy
  from pg_stat_activity
 where pid || ' ' || extract(epoch from backend_start)::text = any ($1)`

/** Its locks would outlive the connection for as long as the server considers it alive. */
const TERMINATE = `
select pg_terminate_backend(pid)
  from pg_stat_activity
 where pid || ' ' || extract(epoch from backend_start)::text = any ($1)`

/**
 * Finds statements that will never be answered, because their connection went silent: a proxy, a firewall or a
 * suspended server swallows its bytes. A time limit alone could not tell them from statements that take long or wait
 * for a lock, so the server is queried over a new connection. The connection of a statement is cut
 *
 * - when the server says that it is not executing the statement, or does not know the connection;
 * - when the server can't be queried;
 * - after the statement's own limit.
 *
 * The outcome of such a statement is unknown: it may have been committed.
 */
export class SilentStatements {
  readonly #config: pg.ClientConfig
  readonly #waiting = new Set<Waiting>()
  readonly #timer: NodeJS.Timeout
  #looking = false
  /** Connections without an answer since then may have gone silent together with the one that was cut. */
  #suspectBefore = Number.NEGATIVE_INFINITY

  constructor(config: pg.ClientConfig) {
    this.#config = { ...config, application_name: 'yardmaster check' }
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** @param limitMs - `Infinity` for as long as the server is executing it. */
  async watch<T>(connection: PgConnection, limitMs: number, statement: () => Promise<T>): Promise<T> {
    const sentAt = performance.now()
    const waiting = { connection, sentAt, until: sentAt + limitMs }
    this.#waiting.add(waiting)
    try {
      return await statement()
    } finally {
      this.#waiting.delete(waiting)
      connection.heardAt = performance.now()
    }
  }

  /** Returns whether the connection last had an answer before another one was found silent. */
  isSuspect({ heardAt }: PgConnection): boolean {
    return heardAt < this.#suspectBefore
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    const now = performance.now()
    for (const waiting of this.#waiting) if (now > waiting.until) this.#cut(waiting, 'took longer than its limit')
    const silent = [...this.#waiting].filter(({ sentAt }) => now - sentAt > SILENT_MS)
    if (silent.length === 0) return
    this.#looking = true
    try {
      await this.#judge(silent)
    } finally {
      this.#looking = false
    }
  }

  async #judge(silent: readonly Waiting[]): Promise<void> {
    const asking = new PgConnection({ ...this.#config, query_timeout: ANSWER_MS })
    try {
      await asking.connect()
      const fates = await ask(asking, silent)
      const lost = silent.filter(({ connection }) => fates(connection) !== 'busy')
      if (lost.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, ARRIVAL_MS))
      const dead = lost.filter((waiting) => this.#waiting.has(waiting))
      for (const waiting of dead) this.#cut(waiting, 'was never answered')
      const left = dead.flatMap(({ connection }) => (connection.backend ? [spell(connection.backend)] : []))
      if (left.length > 0) await asking.query(TERMINATE, [left])
    } catch (error) {
      // The server answers, but has no room for another connection.
      if (codeOf(error) === TOO_MANY_CONNECTIONS) return
      for (const waiting of silent) {
        if (this.#waiting.has(waiting)) this.#cut(waiting, `was not answered, and the server can't be asked`)
      }
    } finally {
      asking.end().catch(() => undefined)
    }
  }

  #cut(waiting: Waiting, reason: string): void {
    this.#waiting.delete(waiting)
    this.#suspectBefore = Math.max(this.#suspectBefore, waiting.sentAt)
    waiting.connection.cut(`A statement ${reason}; its connection to PostgreSQL was discarded`)
  }
}

async function ask(asking: PgConnection, silent: readonly Waiting[]): Promise<(connection: PgConnection) => Fate> {
  const backends = silent.flatMap(({ connection }) => (connection.backend ? [spell(connection.backend)] : []))
  const { rows } = await asking.query<{ backend: string; busy: boolean }>(FATES, [backends])
  const known = new Map(rows.map(({ backend, busy }) => [backend, busy]))
  return ({ backend }) => {
    const busy = backend === null ? undefined : known.get(spell(backend))
    if (busy === undefined) return 'gone'
    return busy ? 'busy' : 'idle'
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
