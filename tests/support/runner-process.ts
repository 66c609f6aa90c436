import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A running runner program, which gets only what it needs of this process's environment. */
export class RunnerProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''

  /** @param home - its working directory and home directory. */
  constructor(binary: string, args: readonly string[], home: string) {
    this.#child = spawn(binary, args, {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#closed = once(this.#child, 'close')
    // `exited` reports a program that could not be started.
    this.#closed.catch(() => undefined)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
  }

  /** Everything printed so far. */
  get output(): string {
    return this.#output
  }

  /** Ends the process as a power cut would. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }

  /** Resolves with the exit code once all output has been read; null after a signal. */
  async exited(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }
}
