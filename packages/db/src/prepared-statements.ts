import { messages as backend, type PGlite, parse, protocol } from '@electric-sql/pglite'

const { serialize } = protocol

/** Statements to keep prepared. Each takes tens of kilobytes. */
const KEPT = 200

/** What PGlite needs to know of a statement that it keeps prepared. */
interface Prepared {
  readonly name: string
  readonly parameterTypes: readonly number[]
  /** Describes the rows; absent if the statement returns none. */
  readonly rows: backend.BackendMessage | undefined
}

/**
 * Runs statements in PGlite, which keeps those that ran last prepared: it parses and plans each of them once. Its own
 * `query` does so at each call, which takes most of the time of a short statement.
 */
export class PreparedStatements {
  readonly #pglite: PGlite
  /** By their text, those that ran last at the end. */
  readonly #kept = new Map<string, Prepared>()
  #made = 0

  constructor(pglite: PGlite) {
    this.#pglite = pglite
  }

  /** Runs a statement and returns its rows. The caller sees to it that no other caller's transaction is open. */
  async query<Row>(text: string, params: readonly unknown[]): Promise<Row[]> {
    await this.#pglite._checkReady()
    return await this.#pglite._runExclusiveQuery(async () => {
      const { name, parameterTypes, rows } = await this.#prepared(text)
      const answers = await this.#send(
        serialize.bind({ statement: name, values: this.#valuesOf(params, parameterTypes) }),
        serialize.execute({}),
      )
      const [result] = parse.parseResults(rows ? [rows, ...answers] : answers, this.#pglite.parsers)
      return (result?.rows ?? []) as Row[]
    })
  }

  async #prepared(text: string): Promise<Prepared> {
    const kept = this.#kept.get(text)
    if (kept) this.#kept.delete(text)
    const prepared = kept ?? (await this.#prepare(text))
    this.#kept.set(text, prepared)
    return prepared
  }

  async #prepare(text: string): Promise<Prepared> {
    const [longestUnused] = this.#kept
    if (longestUnused && this.#kept.size >= KEPT) {
      this.#kept.delete(longestUnused[0])
      await this.#send(serialize.close({ type: 'S', name: longestUnused[1].name }))
    }
    const name = `s${++this.#made}`
    const answers = await this.#send(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }))
    return {
      name,
      parameterTypes: parse.parseDescribeStatementResults(answers),
      rows: answers.find((answer) => answer instanceof backend.RowDescriptionMessage),
    }
  }

  #valuesOf(params: readonly unknown[], types: readonly number[]): (string | ArrayBufferView | null)[] {
    return params.map((param, index) => {
      if (param === null || param === undefined) return null
      const serializer = this.#pglite.serializers[types[index] as number]
      return serializer ? serializer(param) : String(param)
    })
  }

  /**
   * Sends messages, one by one: together they would have to be copied, and parameters may be large. The `Sync` at their
   * end leaves the connection usable after one that failed.
   */
  async #send(...messages: Uint8Array[]): Promise<backend.BackendMessage[]> {
    const answers: backend.BackendMessage[] = []
    const send = async (message: Uint8Array) => {
      answers.push(...(await this.#pglite.execProtocolStream(message, { syncToFs: false })))
    }
    try {
      for (const message of messages) await send(message)
    } finally {
      await send(serialize.sync())
    }
    return answers
  }
}
