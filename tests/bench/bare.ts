import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Environment } from '../support/gateway.ts'

/** The baselines: what the same work costs where nothing is done but that (`bare/`). */
export type BareProgram = 'parsing-server' | 'updating-server' | 'storing-server' | 'claims'

/** A bare program in its own process. */
export interface Bare {
  /** Asks it one thing and waits for the answer. */
  ask<Answer>(question: unknown): Promise<Answer>
  stop(): Promise<void>
}

/** Starts a program that answers each message of ours with one of its own (`bare/answering.ts`). */
export async function startBare(program: BareProgram, env: Environment): Promise<Bare> {
  const child = fork(join(import.meta.dirname, 'bare', `${program}.ts`), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  return {
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
