import { Admin } from '../support/admin.ts'
import { FakeRunner, type RunnerOptions } from '../support/fake-runner.ts'
import { type Environment, Gateway, temporaryDirectory } from '../support/gateway.ts'
import { openStorage, type Storage, type StorageKind } from '../support/storage.ts'
import { type Bare, type BareProgram, startBare } from './bare.ts'
import { type Processes, serverProcesses } from './processes.ts'

/** Concurrent requests, where a row does not vary them. */
export const CONNECTIONS = 16

/** A baseline program, and the processes that do its work. */
export type Baseline = Bare & { readonly processes: Processes }

/** Variables that baseline programs share with the gateway, to use the same kind of storage. */
const BARE_VARIABLES = /^(DATABASE_URL|S3_\w+|AWS_\w+)$/

/**
 * A storage form and the processes that one row started on it: gateways on one storage, and baseline programs on
 * another. `dispose` removes all of them.
 */
export class Form implements AsyncDisposable {
  readonly kind: StorageKind
  readonly #opened: AsyncDisposableStack
  readonly #storage: Storage
  readonly #servers: Processes

  private constructor(kind: StorageKind, storage: Storage, opened: AsyncDisposableStack) {
    this.kind = kind
    this.#storage = storage
    this.#servers = serverProcesses(kind)
    this.#opened = opened
  }

  static async open(kind: StorageKind): Promise<Form> {
    const opened = new AsyncDisposableStack()
    const storage = await openStorage(kind)
    opened.defer(() => storage.dispose())
    return new Form(kind, storage, opened)
  }

  /** Starts a real gateway with the default log level. Requests are held only if `env` says so. */
  async gateway(env: Environment = {}): Promise<Site> {
    const gateway = await Gateway.start(await this.#directory(), {
      LOG_LEVEL: 'info',
      LONG_POLL_SECONDS: '0',
      // Never reached, but counted: the cost of counting belongs to the figures.
      JOB_REQUESTS_PER_MINUTE: '1000000000',
      MAX_TRACE_MIB: '0',
      ...this.#storage.env,
      ...env,
    })
    const site = new Site(gateway, this.#servers)
    this.#opened.defer(() => site.stop())
    return site
  }

  /** Starts a baseline program with an empty database. */
  async bare(program: BareProgram, env: Environment = {}): Promise<Baseline> {
    const storage = await openStorage(this.kind)
    this.#opened.defer(() => storage.dispose())
    const bare = await startBare(program, {
      DATA_DIR: await this.#directory(),
      ...Object.fromEntries(Object.entries(storage.env).filter(([name]) => BARE_VARIABLES.test(name))),
      ...env,
    })
    this.#opened.defer(() => bare.stop())
    return { ...bare, processes: { baseline: { pid: bare.pid }, ...this.#servers } }
  }

  async #directory(): Promise<string> {
    const { path, dispose } = await temporaryDirectory()
    this.#opened.defer(dispose)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync()
  }
}

/** A gateway under test, with its clients. */
export class Site {
  #gateway: Gateway
  readonly #servers: Processes

  constructor(gateway: Gateway, servers: Processes) {
    this.#gateway = gateway
    this.#servers = servers
  }

  get url(): string {
    return this.#gateway.url
  }

  /** Everything printed and logged so far. */
  get output(): string {
    return this.#gateway.output
  }

  get pid(): number {
    return this.#gateway.pid
  }

  /** The gateway, which contains embedded storage, and the servers behind it. */
  get processes(): Processes {
    return { gateway: { pid: this.pid }, ...this.#servers }
  }

  get dataDir(): string {
    return this.#gateway.dataDir
  }

  get databaseUrl(): string | undefined {
    return this.#gateway.env.DATABASE_URL
  }

  get bucket(): string | undefined {
    return this.#gateway.env.S3_BUCKET
  }

  get adminToken(): string {
    return this.#gateway.adminToken
  }

  get admin(): Admin {
    return new Admin(this.url, { token: this.#gateway.adminToken })
  }

  async runner(options: RunnerOptions = {}): Promise<FakeRunner> {
    return await FakeRunner.register(this.url, this.#gateway.registrationToken, options)
  }

  /** Reads a metric from `/metrics`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  }

  /** Runs `work` while the gateway is stopped. It has another address afterwards. */
  async whileStopped(work: () => Promise<void>): Promise<void> {
    await this.stop()
    await work()
    this.#gateway = await this.#gateway.restart()
  }

  async stop(): Promise<void> {
    await this.#gateway.stop()
  }
}
