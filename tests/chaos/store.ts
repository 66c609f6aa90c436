import { setTimeout as pause } from 'node:timers/promises'
import { FaultProxy } from './fault-proxy.ts'
import { isRunning, signalTree } from './process-tree.ts'
import type { Program } from './programs.ts'

export type StoreName = 'PostgreSQL' | 'Redis' | 'S3'

/** A server that gateways store data in, behind a proxy. Gateways use the proxy's port, which never changes. */
export class Store {
  readonly name: StoreName
  readonly proxy: FaultProxy
  readonly #start: () => Promise<Program>
  #running: Program | null = null
  #frozen = false

  private constructor(name: StoreName, proxy: FaultProxy, start: () => Promise<Program>) {
    this.name = name
    this.proxy = proxy
    this.#start = start
  }

  static async open(name: StoreName, start: () => Promise<Program>): Promise<Store> {
    const store: Store = new Store(name, await FaultProxy.start(() => store.#ports()), start)
    await store.start()
    return store
  }

  /** The port of the server itself, bypassing the proxy. */
  get port(): number {
    return this.#running?.port ?? 0
  }

  get env(): Program['env'] {
    return this.#running?.env ?? {}
  }

  async start(): Promise<void> {
    this.#running = await this.#start()
  }

  async stop(): Promise<void> {
    const program = this.#running
    this.#running = null
    await program?.stop()
  }

  /** Kills the server with all its processes, as a lack of memory or power would. */
  async kill(): Promise<void> {
    const program = this.#running
    this.#running = null
    if (!program) return
    const pids = signalTree(program.pid, 'SIGKILL')
    await program.ended
    while (pids.some(isRunning)) await pause(10)
  }

  /** Suspends the processes: connections stay open, and new ones are accepted but never served. */
  freeze(): void {
    if (!this.#running) return
    this.#frozen = true
    signalTree(this.#running.pid, 'SIGSTOP')
  }

  thaw(): void {
    if (!this.#running || !this.#frozen) return
    this.#frozen = false
    signalTree(this.#running.pid, 'SIGCONT')
  }

  async close(): Promise<void> {
    this.thaw()
    await this.proxy.stop()
    await this.stop()
  }

  /** Ends it at once, synchronously, for when this process exits. */
  discard(): void {
    if (this.#running) signalTree(this.#running.pid, 'SIGKILL')
  }

  #ports(): readonly number[] {
    return this.#running ? [this.#running.port] : []
  }
}
