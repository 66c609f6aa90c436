import { ConfigError, faultAt } from '../fault.ts'
import type { YamlWarning } from '../yaml/read-yaml.ts'
import type { Place } from '../yaml/tree.ts'
import type { ConfigSource, ProjectFiles } from './config-source.ts'
import { projectFiles } from './files-source.ts'
import { type KnownVariables, maskValues } from './known-variables.ts'

/** Files of one configuration, those that included files include counted too. */
const MAX_INCLUDES = 150
/** UTF-16 units of all included files together. */
const MAX_TOTAL_SIZE = 20 * 1024 * 1024
/** Milliseconds for all includes of one configuration. */
const TIMEOUT_MS = 30_000
/** Files that are fetched at the same time. */
const MAX_PARALLEL = 4
/** Milliseconds of work between two chances for other work to run. */
const MAX_TURN_MS = 20

export interface IncludeContext {
  /** Where included files come from; without it none can be included. */
  readonly source?: ConfigSource | undefined
  readonly variables: KnownVariables
  /** Stops the work; its reason is then thrown. */
  readonly signal?: AbortSignal
  /** `TIMEOUT_MS` unless given. */
  readonly timeoutMs?: number
  /** Receives remarks on included files that are worth knowing. */
  readonly onWarning?: (warning: YamlWarning) => void
}

/** The time for all includes is over. Reported unchanged, wherever in the tree of files it happens. */
export class TimeoutError extends ConfigError {}

/** An included file, as messages and later includes identify it. */
export interface Included {
  readonly keyword: string
  readonly location: string
  readonly project: string | null
}

/** Includes all files of one configuration, and has the counts for the whole tree of files. */
export class IncludeRun {
  readonly source: ConfigSource
  /** The files of the configuration's own project; none when the source has none. */
  readonly files: ProjectFiles
  readonly variables: KnownVariables
  readonly warn: (warning: YamlWarning) => void
  readonly included: Included[] = []
  /** Is aborted when the time is over, when the caller aborts, and at the end. */
  readonly signal: AbortSignal
  readonly #end = new AbortController()
  readonly #deadline: number
  readonly #callers: AbortSignal | undefined
  readonly #stopped: Promise<never>
  #size = 0
  #running = 0
  #turnStart = performance.now()
  readonly #waiting: (() => void)[] = []

  constructor({ source, variables, signal, timeoutMs = TIMEOUT_MS, onWarning = () => {} }: IncludeContext) {
    this.source = source ?? {}
    this.files = this.source.files ?? projectFiles('', {})
    this.variables = variables
    this.warn = onWarning
    this.#callers = signal
    this.#deadline = performance.now() + timeoutMs
    this.signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
    this.#stopped = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.#reason()), { once: true })
    })
    this.#stopped.catch(() => {})
  }

  /** Stops what is still going on. */
  end(): void {
    this.#end.abort()
  }

  #reason(): unknown {
    if (this.#callers?.aborted) return this.#callers.reason
    return new TimeoutError(faultAt('Request timed out when fetching configuration files.'))
  }

  /**
   * Lets other work run when this has used its time slice.
   *
   * @throws TimeoutError when the time is over.
   */
  async breathe(): Promise<void> {
    if (performance.now() - this.#turnStart > MAX_TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve))
      this.#turnStart = performance.now()
    }
    if (this.#callers?.aborted || performance.now() > this.#deadline) throw this.#reason()
  }

  /** Waits for a call of the source, as long as there is time. A limited number of calls run at once. */
  async wait<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    await this.breathe()
    if (this.#running >= MAX_PARALLEL) await this.#race(new Promise<void>((resolve) => this.#waiting.push(resolve)))
    this.#running += 1
    try {
      return await this.#race(work(this.signal))
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }

  #race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#stopped])
  }

  /** @throws ConfigError when there are too many files. */
  count(included: Included, place: Place | undefined): void {
    this.included.push(included)
    if (this.included.length <= MAX_INCLUDES) return
    throw new ConfigError(faultAt(`Maximum of ${MAX_INCLUDES} nested includes are allowed!`, { place }))
  }

  /** @throws ConfigError when all files together are too large. */
  countSize(text: string, place: Place | undefined): void {
    this.#size += text.length
    if (this.#size <= MAX_TOTAL_SIZE) return
    throw new ConfigError(faultAt('Total size of combined CI/CD configuration is too big', { place }))
  }

  /** Hides masked values in a text that a message shows. */
  mask(text: string): string {
    return maskValues(text, this.variables)
  }
}
