import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A runner's program at work, with nothing of this process's environment but what it needs to run. */
export class RunnerProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''

  /** @param home - where it starts, and what it takes for its home directory. */
  constructor(binary: string, args: readonly string[], home: string) {
    this.#child = spawn(binary, args, {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#closed = once(this.#child, 'close')
    // Whether it could be started at all is said by `exited`.
    this.#closed.catch(() => undefined)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output
  }

  /** As a machine that loses power. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }

  /** Its exit code, when everything it printed has been read; null after a signal. */
  async exited(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }
}
