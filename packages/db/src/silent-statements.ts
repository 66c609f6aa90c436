import type pg from 'pg'
import { type Backend, PgConnection } from './pg-connection.ts'

/** A statement that got no answer for so long is asked after. Most of ours take a millisecond. */
const SILENT_MS = 3_500
const LOOK_EVERY_MS = 500
/** An answer that was under way while the server was asked has arrived after this time. */
const ARRIVAL_MS = 500
/** The server's own answer to the question may take so long. */
const ANSWER_MS = 2_000
const TOO_MANY_CONNECTIONS = '53300'

interface Waiting {
  readonly connection: PgConnection
  readonly sentAt: number
  /** When it is given up whatever the server says, by `performance.now()`. */
  readonly until: number
}

/** What the server says about a connection: at work on a statement, there but not at work, or not there at all. */
type Fate = 'busy' | 'idle' | 'gone'

const spell = ({ pid, began }: Backend): string => `${pid} ${began}`

// One that waits to be read by us is as good as gone: nothing else of ours is read so slowly.
const FATES = `
select pid || ' ' || extract(epoch from backend_start)::text as backend,
       state = 'active' and wait_event is distinct from 'ClientWrite' as busy
  from pg_stat_activity
 where pid || ' ' || extract(epoch from backend_start)::text = any ($1)`

/** Its locks would outlive the connection, for as long as the server believes in that. */
const TERMINATE = `
select pg_terminate_backend(pid)
  from pg_stat_activity
 where pid || ' ' || extract(epoch from backend_start)::text = any ($1)`

/**
 * Finds statements that will never be answered: their connection was swallowed on the way, by a proxy, a firewall or a
 * server that stands still. A limit alone could not tell them from statements that take long or wait for a lock, so the
 * server is asked over a new connection whether it is at work on them. The connection of a statement is cut
 *
 * - when the server says that it is not, or does not know it;
 * - when the server can't be asked;
 * - after the statement's own limit.
 *
 * What became of such a statement is unknown: it may have been committed.
 */
export class SilentStatements {
  readonly #config: pg.ClientConfig
  readonly #waiting = new Set<Waiting>()
  readonly #timer: NodeJS.Timeout
  #looking = false
  /** Connections that were not heard of since then may have been swallowed with the one that was cut. */
  #suspectBefore = Number.NEGATIVE_INFINITY

  constructor(config: pg.ClientConfig) {
    this.#config = { ...config, application_name: 'yardmaster check' }
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** @param limitMs - `Infinity`: as long as the server says that it is at work on it. */
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

  /** Whether the connection was last heard of before another one was found swallowed. */
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
      // It answers, but has no room for a question.
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
    waiting.connection.cut(`A statement ${reason}; its connection to PostgreSQL was thrown away`)
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
