import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { atExit } from './at-exit.ts'

/** The bundle of the sources, when `npm test` has made one (`scripts/pack/bundle-for-tests.mjs`). */
const MAIN = process.env.TEST_GATEWAY_PROGRAM ?? resolve(import.meta.dirname, '../../apps/gateway/src/main.ts')
/** V8 optimizes the embedded database function by function: more work than that saves in the minutes a test takes. */
const RARELY_OPTIMIZED = ['--wasm-tiering-budget=200000000']
/** A first start on embedded storage takes seconds of work, which can be minutes on a busy machine. */
const START_MS = 600_000

/** The program exited instead of starting; `output` is everything it printed. */
export class DidNotStart extends Error {
  readonly output: string
  readonly exitCode: number | null

  constructor(output: string, exitCode: number | null) {
    super(`the gateway did not start (exit code ${exitCode}):\n${output}`)
    this.output = output
    this.exitCode = exitCode
  }
}

export type Environment = Readonly<Record<string, string>>

interface StartOptions {
  readonly onSpawn?: (stop: () => void) => void
  readonly program?: string
  readonly user?: { readonly uid?: number; readonly gid?: number }
}

/** A gateway process on a free port. */
export class Gateway {
  readonly url: string
  readonly dataDir: string
  readonly env: Environment
  readonly adminToken: string
  readonly registrationToken: string
  readonly #process: ChildProcess
  readonly #output: () => string

  private constructor(parts: {
    url: string
    dataDir: string
    env: Environment
    tokens: { admin: string; registration: string }
    process: ChildProcess
    output: () => string
  }) {
    this.url = parts.url
    this.dataDir = parts.dataDir
    this.env = parts.env
    this.adminToken = parts.tokens.admin
    this.registrationToken = parts.tokens.registration
    this.#process = parts.process
    this.#output = parts.output
  }

  /**
   * Starts a process and waits until it serves. It gets only what it needs of this process's environment, so that no
   * `.env` and no variable of the machine changes a test. It ends with this process at the latest.
   *
   * @param options.onSpawn - called before the process serves, with a function that asks it to stop.
   * @param options.program - a build of the gateway to start instead of the sources.
   * @param options.user - the ids to run under; by default those of this process.
   * @throws DidNotStart
   */
  static async start(
    dataDir: string,
    env: Environment = {},
    { onSpawn, program = MAIN, user = {} }: StartOptions = {},
  ): Promise<Gateway> {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const child = spawn(process.execPath, [...RARELY_OPTIMIZED, program], {
      ...user,
      cwd: dataDir,
      env: {
        PATH,
        ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
        LOG_LEVEL: 'warn',
        PORT: '0',
        DATA_DIR: dataDir,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    )
    onSpawn?.(() => child.kill('SIGTERM'))
    let output = ''
    const url = await new Promise<string>((resolveUrl, reject) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new DidNotStart(output, null))
      }, START_MS)
      const read = (text: string) => {
        output += text
        // The greeting is complete once its last paragraph is printed.
        if (!output.includes('Register a runner')) return
        const address = (/listening on (http:\S+)\)/.exec(output) ?? /Yardmaster is at (http:\S+)/.exec(output))?.[1]
        if (!address) return
        clearTimeout(late)
        resolveUrl(address)
      }
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read)
      child.once('close', (code) => {
        clearTimeout(late)
        reject(new DidNotStart(output, code))
      })
    })
    const kept = async (name: string, given: string | undefined) =>
      given ?? (await readFile(join(dataDir, name), 'utf8')).trim()
    const tokens = {
      admin: await kept('admin-token', env.ADMIN_TOKEN),
      registration: await kept('registration-token', env.REGISTRATION_TOKEN),
    }
    return new Gateway({ url, dataDir, env, tokens, process: child, output: () => output })
  }

  /** Everything printed and logged so far. */
  get output(): string {
    return this.#output()
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Asks the process to stop, and resolves with its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    this.signal(signal)
    return await this.exited()
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited()
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#process.kill(signal)
  }

  /** Resolves with the exit code, or null after a signal that it could not handle. */
  async exited(): Promise<number | null> {
    if (this.running) await once(this.#process, 'exit')
    return this.#process.exitCode
  }

  /** Starts it again on the same data, at a new address. */
  async restart(): Promise<Gateway> {
    return await Gateway.start(this.dataDir, this.env)
  }
}

const REMOVAL = { recursive: true, force: true, maxRetries: 5 } as const

/** Makes a directory, which is removed by `dispose` or with this process. */
export async function temporaryDirectory(prefix = 'yardmaster-test-'): Promise<{
  path: string
  dispose: () => Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  const forget = atExit(() => rmSync(path, REMOVAL))
  return {
    path,
    async dispose() {
      await rm(path, REMOVAL)
      forget()
    },
  }
}
