import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 30
const BETWEEN_MS = 500

/** Repeats a call after errors, because it may still meet a connection that a fault has cut. @throws the last error. */
export async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (tries === TRIES) throw error
      await pause(BETWEEN_MS)
    }
  }
}
