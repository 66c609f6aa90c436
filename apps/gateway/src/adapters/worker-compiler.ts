import type { Plan, PlanRequest } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { CompilerBusy } from '@yardmaster/domain'
import type { ConfigCompiler, KnownFiles } from '@yardmaster/domain/ports'
import { CompilerThread, type ThreadLimits } from './compiler-thread.ts'
import { type FilesElsewhere, fileFinder, NO_FILES } from './file-finder.ts'

export interface CompilerLimits extends ThreadLimits {
  /** Texts that are compiled at the same time, each in a thread of its own. Those that wait for files do not count. */
  readonly threads: number
  /** Texts that are compiled or wait for files. */
  readonly mostThreads: number
  /** Texts that wait for a thread. */
  readonly waiting: number
}

/**
 * Two threads, so that one slow text does not make all others wait. The time is the reference's, and memory is what the
 * largest text that the admin API takes needs, several times over.
 */
const LIMITS: CompilerLimits = { threads: 2, mostThreads: 8, waiting: 64, timeMs: 30_000, memoryMib: 512 }

/** Compiles configurations in threads of their own, which start with the first text and are kept. */
export class WorkerCompiler implements ConfigCompiler, AsyncDisposable {
  readonly #limits: CompilerLimits
  readonly #files: FilesElsewhere
  readonly #program: URL | undefined
  readonly #idle: CompilerThread[] = []
  readonly #busy = new Set<CompilerThread>()
  #isClosed = false
  readonly #waiting: ((thread: CompilerThread) => void)[] = []

  /** @param parts - `program` is the file that the threads run instead of the compiler. */
  constructor(parts: { files?: FilesElsewhere; limits?: Partial<CompilerLimits>; program?: URL } = {}) {
    this.#limits = { ...LIMITS, ...parts.limits }
    this.#files = parts.files ?? NO_FILES
    this.#program = parts.program
  }

  async plan(request: PlanRequest, known: KnownFiles): Promise<Result<Plan, CompilerBusy>> {
    if (this.#isClosed) throw new Error('the compiler has been closed')
    const free = this.#takeThread()
    if (!free && this.#waiting.length >= this.#limits.waiting) return err({ kind: 'compiler_busy' })
    const thread = free ?? (await new Promise<CompilerThread>((resolve) => this.#waiting.push(resolve)))
    try {
      return ok(await thread.compile(request, fileFinder(known, this.#files)))
    } finally {
      this.#putBack(thread)
    }
  }

  /** Ends the threads. Texts that are being compiled are refused with an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#idle, ...this.#busy].map((thread) => thread[Symbol.asyncDispose]()))
  }

  /** Returns null while enough threads are at work. */
  #takeThread(): CompilerThread | null {
    const atWork = [...this.#busy].filter((thread) => !thread.waitsForFiles)
    if (atWork.length >= this.#limits.threads || this.#busy.size >= this.#limits.mostThreads) return null
    // The thread used last comes first, so that few texts need only one.
    const thread = this.#idle.pop() ?? this.#newThread()
    this.#busy.add(thread)
    return thread
  }

  #newThread(): CompilerThread {
    return new CompilerThread({
      limits: this.#limits,
      onWaiting: () => this.#serve(),
      program: this.#program,
    })
  }

  #putBack(thread: CompilerThread): void {
    this.#busy.delete(thread)
    if (this.#idle.length < this.#limits.threads) this.#idle.push(thread)
    else void thread[Symbol.asyncDispose]()
    this.#serve()
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#takeThread()
      if (!thread) return
      this.#waiting.shift()?.(thread)
    }
  }
}
