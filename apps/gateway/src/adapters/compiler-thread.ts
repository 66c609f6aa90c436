import { deserialize } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Plan, PlanRequest } from '@yardmaster/ci-config'
import { COMPILE_WORKER } from '../process/program-files.ts'
import type { FileCalls } from './file-calls.ts'
import type { FileFinder } from './file-finder.ts'

/** Limits on the work for one text. */
export interface ThreadLimits {
  /** Milliseconds from the beginning of the work. */
  readonly timeMs: number
  /** MiB of memory. */
  readonly memoryMib: number
}

/** A call for files that are not of the pipeline's own commit. The worker itself can reach no network. */
interface FileCall {
  readonly kind: 'call'
  /** The number of the call, which its answer has too. */
  readonly id: number
  readonly name: keyof FileCalls
  readonly given: unknown
}

/** What the worker receives: one configuration at a time, and the answers to its calls. */
export type ToWorker =
  | { readonly kind: 'plan'; readonly request: PlanRequest }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }

/** What the worker sends: that it is ready for requests, its calls for files, and one answer to each request. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | FileCall
  /** The serialized plan. */
  | { readonly kind: 'plan'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly error: unknown }

interface ThreadParts {
  readonly limits: ThreadLimits
  /** Is called when the thread begins to wait for a file, and has nothing else to do meanwhile. */
  readonly onWaiting: () => void
  /** The file that the worker runs; tests have their own. */
  readonly program: URL | undefined
}

/** A worker that compiles one configuration after the other. Starts with the first one, and again after it has ended. */
export class CompilerThread implements AsyncDisposable {
  readonly #parts: ThreadParts
  #worker: Promise<Worker> | null = null
  #isClosed = false
  #calls = 0

  constructor(parts: ThreadParts) {
    this.#parts = parts
  }

  /** Whether the text that is being compiled waits for included files. */
  get waitsForFiles(): boolean {
    return this.#calls > 0
  }

  /**
   * Compiles one configuration; call it again when it has settled. A text that takes more time or memory than allowed
   * ends the worker, and is refused with an error in the plan.
   *
   * @throws Error when the worker ends or fails for another reason.
   */
  async compile(request: PlanRequest, files: FileFinder): Promise<Plan> {
    if (this.#isClosed) throw new Error('the compiler has been closed')
    const { limits, program } = this.#parts
    this.#worker ??= start(program ?? COMPILE_WORKER, limits)
    const starting = this.#worker
    try {
      const worker = await starting
      const answer = await ask(worker, request, limits, (call, signal) => this.#answer(call, files, signal))
      worker.unref()
      return deserialize(answer) as Plan
    } catch (error) {
      if (error instanceof CompileError) throw error.cause
      // Even if the worker has not ended yet, it is of no use any more.
      if (this.#worker === starting) this.#worker = null
      await starting.then((worker) => worker.terminate()).catch(() => undefined)
      if (error instanceof TooMuch) return error.plan
      throw error
    }
  }

  /** Answers a call of the worker. */
  async #answer({ name, given }: FileCall, files: FileFinder, signal: AbortSignal): Promise<unknown> {
    this.#calls += 1
    try {
      if (this.#calls === 1) this.#parts.onWaiting()
      return await files[name](given as never, signal)
    } finally {
      this.#calls -= 1
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const worker = await this.#worker?.catch(() => null)
    await worker?.terminate()
  }
}

/** An error that the worker survives; its cause is the error of the compiler. */
class CompileError extends Error {}

/** A text needs more than the limits allow. */
class TooMuch extends Error {
  readonly plan: Plan

  constructor(message: string, problem: string) {
    super(message)
    const hint = `Compiling it ${problem}: make it smaller, or split it into child pipelines.`
    const error = { message, path: [], file: null, line: null, column: null, hint }
    this.plan = { ...NOTHING, errors: [error] }
  }
}

const NOTHING = {
  ...{ warnings: [], merged: null, unread: [], stages: [], workflowRules: [], verdicts: [], pipeline: null },
  outcome: 'config_invalid',
} as const

/** Starts a worker and waits until it can compile. */
function start(program: URL, { memoryMib }: ThreadLimits): Promise<Worker> {
  const { promise, resolve, reject } = Promise.withResolvers<Worker>()
  const worker = new Worker(program, {
    // Neither the options of this process nor its secrets concern the compiler.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMib },
  })
  // Also heard after the start, because an error without a listener would end this process.
  worker.on('error', reject)
  worker.on('exit', (code) => reject(ended(code)))
  worker.once('message', () => resolve(worker))
  return promise
}

const ended = (code: number): Error => new Error(`the worker that compiles configurations ended with code ${code}`)

/**
 * Sends a request, and waits for the worker's answer, its end or the end of the time.
 *
 * @param answer - answers the calls of the worker; stops when its signal is aborted.
 */
function ask(
  worker: Worker,
  request: PlanRequest,
  { timeMs, memoryMib }: ThreadLimits,
  answer: (call: FileCall, signal: AbortSignal) => Promise<unknown>,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const over = new AbortController()
  const send = (message: ToWorker) => worker.postMessage(message)
  const onMessage = (message: FromWorker) => {
    if (message.kind === 'plan') resolve(message.bytes)
    if (message.kind === 'failed') reject(new CompileError('', { cause: message.error }))
    if (message.kind === 'call') {
      answer(message, over.signal).then((found) => {
        if (!over.signal.aborted) send({ kind: 'answer', id: message.id, answer: found })
      }, reject)
    }
  }
  const onError = (error: NodeJS.ErrnoException) => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    reject(isMemory ? new TooMuch('The configuration is too big', `takes more than ${memoryMib} MiB of memory`) : error)
  }
  const onExit = (code: number) => reject(ended(code))
  // In the words of the reference, which gives the files of a configuration the same time.
  const late = 'Request timed out when fetching configuration files.'
  const timer = setTimeout(() => reject(new TooMuch(late, `takes more than ${timeMs / 1000} seconds`)), timeMs)
  worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  worker.ref()
  send({ kind: 'plan', request })
  return promise.finally(() => {
    over.abort()
    clearTimeout(timer)
    worker.off('message', onMessage).off('error', onError).off('exit', onExit)
  })
}
