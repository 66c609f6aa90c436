import type { Plan, PlanRequest } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { CompilerBusy } from '@yardmaster/domain'
import type { ConfigCompiler } from '@yardmaster/domain/ports'
import { CompilerThread, type ThreadLimits } from './compiler-thread.ts'

export interface CompilerLimits extends ThreadLimits {
  /** Texts that are compiled at the same time, each in a thread of its own. */
  readonly threads: number
  /** Texts that wait for a thread. */
  readonly waiting: number
}

/**
 * Two threads, so that one slow text does not make all others wait. The time is the reference's, and memory is what the
 * largest text that the admin API takes needs, several times over.
 */
const LIMITS: CompilerLimits = { threads: 2, waiting: 64, timeMs: 30_000, memoryMib: 512 }

/** Compiles configurations in threads of their own, which start with the first text and are kept. */
export class WorkerCompiler implements ConfigCompiler, AsyncDisposable {
  readonly #limits: CompilerLimits
  readonly #idle: CompilerThread[] = []
  readonly #all: readonly CompilerThread[]
  readonly #waiting: ((thread: CompilerThread) => void)[] = []

  /** @param program - the file that the threads run instead of the compiler. */
  constructor(limits: Partial<CompilerLimits> = {}, program?: URL) {
    this.#limits = { ...LIMITS, ...limits }
    this.#all = Array.from({ length: this.#limits.threads }, () => new CompilerThread(this.#limits, program))
    this.#idle = [...this.#all]
  }

  async plan(request: PlanRequest): Promise<Result<Plan, CompilerBusy>> {
    // The thread used last comes first, so that few texts need only one.
    const idle = this.#idle.pop()
    if (!idle && this.#waiting.length >= this.#limits.waiting) return err({ kind: 'compiler_busy' })
    const thread = idle ?? (await new Promise<CompilerThread>((resolve) => this.#waiting.push(resolve)))
    try {
      return ok(await thread.compile(request))
    } finally {
      const next = this.#waiting.shift()
      if (next) next(thread)
      else this.#idle.push(thread)
    }
  }

  /** Ends the threads. Texts that are being compiled are refused with an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread[Symbol.asyncDispose]()))
  }
}
