import { type ChildProcess, spawn } from 'node:child_process'

export type ShellEnd = { readonly kind: 'exit'; readonly code: number } | { readonly kind: 'killed' }

export interface ShellRun {
  readonly lines: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly onOutput: (bytes: Buffer) => void
  /** Aborting it kills the script and all processes it started. */
  readonly signal: AbortSignal
}

/** Runs lines with bash until one fails, printing each before it runs. Both outputs keep the order of writing. */
export async function runLines({ lines, cwd, env, onOutput, signal }: ShellRun): Promise<ShellEnd> {
  if (signal.aborted) return { kind: 'killed' }
  const bash = spawn('bash', ['--noprofile', '--norc', '-c', script(lines)], {
    cwd,
    env,
    // A process group of its own, so that it can be killed with all processes it started.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  bash.stdout.on('data', onOutput)
  const kill = () => killGroup(bash)
  signal.addEventListener('abort', kill, { once: true })
  try {
    return await new Promise<ShellEnd>((resolve, reject) => {
      bash.once('error', reject)
      bash.once('close', (code) => resolve(signal.aborted ? { kind: 'killed' } : { kind: 'exit', code: code ?? 1 }))
    })
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

function script(lines: readonly string[]): string {
  const steps = lines.map((line) => {
    const [first = ''] = line.split('\n')
    const shown = line.includes('\n') ? `${first} # collapsed multi-line command` : first
    return `printf '\\033[32;1m%s\\033[0;m\\n' ${quote(`$ ${shown}`)}\n${line}`
  })
  return ['exec 2>&1', 'set -eo pipefail', ...steps].join('\n')
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
