import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** How often to check whether the parent is still running. */
const LOOK_MS = 500
/** One Ctrl+C may arrive several times: from the terminal, and from npm, which passes it on as we do. */
const ECHO_MS = 1_000

/** The signal that asked this process to stop, or null. Set only after `noteInterruptions` was called. */
export let interruption = null

/** Makes signals no longer end this process; it has to end by itself. */
export function noteInterruptions() {
  for (const signal of PASSED_ON) process.on(signal, () => (interruption ??= signal))
}

/**
 * Sends this process a SIGTERM once its parent is gone. npm runs commands in a shell and passes signals to that shell
 * alone: the shell dies, and what it started would run for ever.
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

/** Windows keeps reporting the parent's id after the parent is gone. */
function isThere(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Runs a command to its end and resolves to its exit code. Signals are passed on, and the command gets the time it
 * needs to stop cleanly; a second Ctrl+C, later, is passed on as well.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { stop?: AbortSignal, onLine?: (line: string) => void }} [options] -
 *   `stop` stops the command; `onLine` receives its standard output, line by line.
 * @returns {Promise<number>}
 */
export function run(command, args, { stop, onLine, ...options } = {}) {
  if (interruption) return Promise.resolve(exitCodeOf(interruption))
  return new Promise((resolve, reject) => {
    // In its own process group, the command gets a Ctrl+C of the terminal once, from us.
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

/** Returns the exit code that a shell reports for an end by signal. */
export const exitCodeOf = (signal) => 128 + (constants.signals[signal] ?? 0)
