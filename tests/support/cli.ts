import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join, resolve } from 'node:path'
import { atExit } from './at-exit.ts'
import type { Environment } from './gateway.ts'

/** Beside the bundle of the gateway, when `npm test` has made one. */
const BUNDLED = process.env.TEST_GATEWAY_PROGRAM
const PROGRAM = BUNDLED ? join(dirname(BUNDLED), 'cli.js') : resolve(import.meta.dirname, '../../apps/cli/src/main.ts')

export interface CliEnd {
  /** Null after a signal that the command did not handle. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly env?: Environment
  readonly cwd?: string
  /** What it reads from standard input, which is closed behind it. */
  readonly input?: string
}

/** A running command. */
export interface CliProcess {
  readonly child: ChildProcess
  /** What it has written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<CliEnd>
}

/** Starts the command with nothing of this process's environment but its PATH. It ends with this process at the latest. */
export function startCli(args: readonly string[], { env = {}, cwd, input }: CliOptions = {}): CliProcess {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { PATH, HOME: '/nonexistent', ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.once(
    'exit',
    atExit(() => child.kill('SIGKILL')),
  )
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  // It may end without reading.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...written }))
  return { child, stdout: () => written.stdout, stderr: () => written.stderr, ended }
}
