import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { childEnvironment } from '../environment.ts'
import { Interrupted, localFailure } from '../failure.ts'

export interface GitRun {
  readonly folder: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly signal: AbortSignal
}

/** Nothing of the repository starts a program, but for filters that change what is stored of a file. */
const SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'advice.addEmbeddedRepo=false',
  'i18n.commitEncoding=UTF-8',
].flatMap((setting) => ['-c', setting])

/** Bytes of an answer that is kept as text. */
const MOST_BYTES = 256 * 1_048_576

/**
 * Runs git and passes its output on.
 *
 * @param take - gets the output piece by piece, and may throw to end git.
 * @returns the exit code, and what git wrote to standard error.
 */
export async function streamGit(
  { folder, args, env = {}, input, signal }: GitRun,
  take: (piece: Buffer) => void | Promise<void>,
): Promise<{ code: number | null; said: string }> {
  const child = spawn('git', ['-C', folder, ...SETTINGS, ...args], {
    env: { ...childEnvironment(), GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  })
  const ended = once(child, 'close')
  // Reported below, or by the iteration.
  ended.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_096)
  })
  try {
    for await (const piece of child.stdout) await take(piece as Buffer)
    const [code] = (await ended) as [number | null]
    return { code, said }
  } catch (error) {
    child.kill()
    if (signal.aborted) throw new Interrupted()
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw localFailure('git is not installed on this machine.', 'Install git 2.20 or newer.')
    }
    throw error
  }
}

/** Runs git, and returns what it writes; null when it fails. */
export async function tryGit(run: GitRun): Promise<string | null> {
  const { code, out } = await collect(run)
  return code === 0 ? out : null
}

/** Runs git, and returns what it writes. @throws Failure with what git says when it fails. */
export async function runGit(run: GitRun): Promise<string> {
  const { code, out, said } = await collect(run)
  if (code === 0) return out
  throw localFailure(`git ${run.args[0]} failed: ${said.trim() || `it ended with ${code}`}`)
}

async function collect(run: GitRun): Promise<{ code: number | null; said: string; out: string }> {
  const pieces: Buffer[] = []
  let size = 0
  const ended = await streamGit(run, (piece) => {
    size += piece.length
    if (size > MOST_BYTES) throw localFailure(`git ${run.args[0]} wrote more than ${MOST_BYTES / 1_048_576} MiB.`)
    pieces.push(piece)
  })
  return { ...ended, out: Buffer.concat(pieces).toString('utf8') }
}
