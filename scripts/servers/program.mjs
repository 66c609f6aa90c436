import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000
/** How many starts are tried: another program may take a free port before it is used. */
const ATTEMPTS = 3

/** Returns folders outside the PATH where packages install PostgreSQL: Debian, Red Hat, Homebrew. Newest first. */
function serverFolders() {
  const versioned = (folder, pattern, bin) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => pattern.test(name))
          .sort((a, b) => Number.parseInt(b.replace(/\D+/, ''), 10) - Number.parseInt(a.replace(/\D+/, ''), 10))
          .map((name) => join(folder, name, bin))
      : []
  return [
    ...versioned('/usr/lib/postgresql', /^\d+$/, 'bin'),
    ...versioned('/usr', /^pgsql-\d+$/, 'bin'),
    ...versioned('/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'),
    ...versioned('/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'),
  ]
}

/** Returns the path of a program, or null. */
export function findProgram(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...serverFolders()]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  return null
}

/** For root, returns the options for running as an unprivileged user, because PostgreSQL refuses to run as root. */
export function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!user) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

/**
 * Starts a server on a free port of the loopback interface and resolves when the server reports that it is ready.
 * `ended` of the result resolves when its process is gone.
 *
 * @param {{ program: string, args: (port: number) => string[], ready: RegExp, stopSignal: NodeJS.Signals, as: object }}
 * server
 */
export async function startProgram({ program, args, ready, stopSignal, as }) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { port, ...(await startOn(program, args(port), ready, stopSignal, as)) }
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

function startOn(program, args, ready, stopSignal, as) {
  // In its own process group, so that a Ctrl+C in the terminal does not stop it during a test.
  const child = spawn(program, args, { ...as, stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { LC_ALL: 'C' } })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let said = ''
  return new Promise((resolve, reject) => {
    const fail = (reason) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`${program} ${reason}\n${said}`))
    }
    const timer = setTimeout(() => fail('did not become ready in time'), START_TIMEOUT_MS)
    const listen = (chunk) => {
      said = (said + chunk).slice(-20_000)
      if (!ready.test(said)) return
      clearTimeout(timer)
      resolve({ pid: child.pid, ended, kill: () => child.kill('SIGKILL'), stop: () => stop(child, ended, stopSignal) })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`ended with code ${code}`))
  })
}

async function stop(child, ended, signal) {
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}

/** Finds a free port of the loopback interface. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
