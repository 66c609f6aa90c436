import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** How often the parent is looked for. */
const LOOK_MS = 500
/** One Ctrl+C may reach us several times: from the terminal and from npm, which passes it on as we do. */
const ECHO_MS = 1_000

/** The signal that asked this process to stop, or null. Known once `noteInterruptions` was called. */
export let interruption = null

/** From now on a signal no longer ends this process: it sees to its end itself. */
export function noteInterruptions() {
  for (const signal of PASSED_ON) process.on(signal, () => (interruption ??= signal))
}

/**
 * Sends this process a SIGTERM once its parent is gone. npm runs commands in a shell, and hands a signal to that shell
 * alone: it dies, and what it started would go on for ever.
 */
export function stopWithParent() {
  const parent = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === parent && isThere(parent)) return
    clearInterval(looking)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS)
  looking.unref()
}

/** Windows keeps telling the parent's id when it is gone. */
function isThere(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Runs a command to its end and resolves to its exit code. Signals that reach us are passed on, and the command gets
 * the time it needs to stop cleanly; a second Ctrl+C, later, is passed on as well.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { stop?: AbortSignal, onLine?: (line: string) => void }} [options] -
 *   `stop` tells the command to stop; `onLine` is handed its standard output, line by line.
 * @returns {Promise<number>}
 */
export function run(command, args, { stop, onLine, ...options } = {}) {
  if (interruption) return Promise.resolve(exitCodeOf(interruption))
  return new Promise((resolve, reject) => {
    // In a process group of its own a Ctrl+C in the terminal reaches the command once, by way of us.
    const child = spawn(command, args, {
      stdio: 'inherit',
      detached: process.platform !== 'win32',
      ...options,
      ...(onLine && { stdio: ['ignore', 'pipe', 'inherit'] }),
    })
    if (onLine) createInterface({ input: child.stdout }).on('line', onLine)
    let passedOnAt = Number.NEGATIVE_INFINITY
    const passOn = (signal) => {
      if (performance.now() - passedOnAt < ECHO_MS) return
      passedOnAt = performance.now()
      child.kill(signal)
    }
    for (const signal of PASSED_ON) process.on(signal, passOn)
    const stopChild = () => passOn('SIGTERM')
    stop?.addEventListener('abort', stopChild)
    if (stop?.aborted) stopChild()
    const forget = () => {
      for (const signal of PASSED_ON) process.off(signal, passOn)
      stop?.removeEventListener('abort', stopChild)
    }
    child.once('error', (error) => {
      forget()
      reject(error)
    })
    child.once('close', (code, signal) => {
      forget()
      resolve(code ?? exitCodeOf(signal))
    })
  })
}

/** What a shell makes of an end by signal. */
export const exitCodeOf = (signal) => 128 + (constants.signals[signal] ?? 0)
