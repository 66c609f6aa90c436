import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Environment } from '../support/gateway.ts'

/** The baselines, programs that do only the work itself (`bare/`). */
export type BareProgram =
  | 'parsing-server'
  | 'updating-server'
  | 'storing-server'
  | 'claims'
  | 'computing'
  | 'pg-boss'
  | 'graphile-worker'

/** A baseline program in its own process. */
export interface Bare {
  /** Sends a question and waits for the answer. */
  ask<Answer>(question: unknown): Promise<Answer>
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a program that answers each of our messages with one message (`bare/answering.ts`). */
export async function startBare(program: BareProgram, env: Environment): Promise<Bare> {
  const child = fork(join(import.meta.dirname, 'bare', `${program}.ts`), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(question: unknown) {
      child.send({ question })
      const ended = exited.then(() => Promise.reject(new Error(`the bare program ${program} ended`)))
      const [message] = await Promise.race([once(child, 'message'), ended])
      const { answer, failure } = message as { answer: Answer; failure?: string }
      if (failure !== undefined) throw new Error(`the bare program ${program} failed: ${failure}`)
      return answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
