import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RunnerProcess } from './runner-process.ts'

/** The result of a command of GitLab Runner. */
export interface Finished {
  readonly code: number | null
  readonly output: string
}

export interface RegisterOptions {
  readonly tagList?: string
  /** Whether the token is that of a runner created in advance instead of a registration token. */
  readonly created?: boolean
}

export interface Settings {
  readonly concurrent: number
  readonly checkInterval?: number
  readonly outputLimitKib?: number
}

/** An unmodified gitlab-runner with a configuration of its own and the shell executor. */
export class RealRunner {
  readonly #binary: string
  readonly #home: string
  #running: RunnerProcess | null = null

  constructor(binary: string, home: string) {
    this.#binary = binary
    this.#home = home
  }

  get log(): string {
    return this.#running?.output ?? ''
  }

  get #config(): string {
    return join(this.#home, 'config.toml')
  }

  async register(url: string, token: string, { tagList, created = false }: RegisterOptions = {}): Promise<Finished> {
    const builds = join(this.#home, 'builds')
    await mkdir(builds, { recursive: true })
    return await this.command(
      ...['register', '--non-interactive', '--config', this.#config, '--url', url],
      ...['--executor', 'shell', '--shell', 'bash', '--builds-dir', builds, '--name', 'real runner'],
      ...(created ? ['--token', token] : ['--registration-token', token]),
      ...(tagList && !created ? ['--tag-list', tagList] : []),
    )
  }

  /** Reads the runners of its configuration, in order; `id` is null when the release does not store it. */
  async entries(): Promise<{ id: number | null; token: string }[]> {
    const [, ...sections] = (await readFile(this.#config, 'utf8')).split('[[runners]]')
    return sections.map((section) => {
      const id = /^ *id = (\d+)$/m.exec(section)?.[1]
      return { id: id === undefined ? null : Number(id), token: /^ *token = "(.+)"$/m.exec(section)?.[1] ?? '' }
    })
  }

  verify(): Promise<Finished> {
    return this.command('verify', '--config', this.#config)
  }

  unregister(): Promise<Finished> {
    return this.command('unregister', '--config', this.#config, '--all-runners')
  }

  /**
   * Changes the configuration to make tests quick: several jobs at a time, and a request every second.
   *
   * @param settings.checkInterval - seconds; 0 is the runner's own default, three.
   */
  async configure({ concurrent, checkInterval = 1, outputLimitKib }: Settings): Promise<void> {
    const written = await readFile(this.#config, 'utf8')
    const global = written
      .replace(/^concurrent = \d+$/m, `concurrent = ${concurrent}`)
      .replace(/^check_interval = \d+$/m, `check_interval = ${checkInterval}`)
    const limited =
      outputLimitKib === undefined
        ? global
        : global.replace(/^( *)executor = /m, `$1output_limit = ${outputLimitKib}\n$&`)
    await writeFile(this.#config, limited)
  }

  /** Runs jobs until `stop`. */
  run(): void {
    this.#running = this.#start(['run', '--config', this.#config, '--working-directory', this.#home])
  }

  /** Ends the process as a power cut would. */
  kill(): void {
    this.#running?.kill()
  }

  async stop(): Promise<void> {
    await this.#running?.stop()
  }

  async command(...args: string[]): Promise<Finished> {
    const command = this.#start(args)
    const code = await command.exited()
    return { code, output: command.output }
  }

  #start(args: string[]): RunnerProcess {
    return new RunnerProcess(this.#binary, args, this.#home)
  }
}
