import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { type GitAccess, NO_ACCESS } from './git-access.ts'

/** How every program of git is started. */
export interface GitPlace {
  /** A folder that is no repository: where programs run, and their home. */
  readonly home: string
  /** What programs inherit: `PATH`, proxies and certificates. Nothing else of this process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** One run of git. */
export interface GitCommand {
  /** Without secrets: other users of the machine can see them. Refs and paths are checked, or follow `--end-of-options`. */
  readonly args: readonly string[]
  /** The repository; absent for commands without one. */
  readonly dir?: string | undefined
  /** Settings of this run, which win over those of the repository. Without secrets. */
  readonly config?: Readonly<Record<string, string>> | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Credentials for the one address that may be asked; absent when git may ask no other server. */
  readonly access?: GitAccess | undefined
  /** Milliseconds until it is ended. */
  readonly timeMs: number
  readonly signal?: AbortSignal | undefined
}

/** Why git gave no answer. */
export type GitFailure =
  /** It is not installed. */
  | { readonly kind: 'not_installed' }
  | { readonly kind: 'too_slow' }
  /** It wrote more than was allowed, or took more memory. */
  | { readonly kind: 'too_much' }
  | { readonly kind: 'aborted' }
  /** What it said has no secrets. */
  | { readonly kind: 'failed'; readonly code: number | null; readonly said: string }

export interface GitProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when git and all that it started have ended. Null: it succeeded. Never rejects. */
  readonly ended: Promise<GitFailure | null>
  /** Ends it with all that it started. */
  end(as: 'too_much' | 'aborted'): void
}

/** Bytes of what git says that are kept. */
const MOST_SAID = 16_384
/** Bytes of memory of git and the programs that it starts, which a hostile server could fill otherwise. */
const MOST_MEMORY = 2 * 1024 ** 3
/** Milliseconds between two looks at the memory. */
const MEMORY_LOOK_MS = 250

/**
 * Settings of every run. Nothing that a repository brings along is run; nothing is asked for at a terminal; no other
 * address is followed; and what a server sends is checked. The three faults of old commits that are let pass are those
 * that hosting servers let pass too.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.askPass': '',
  'credential.helper': '',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': '60',
  'protocol.version': '2',
  'safe.directory': '*',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'fetch.unpackLimit': '1',
  'fetch.fsckObjects': 'true',
  'fetch.fsck.badTimezone': 'ignore',
  'fetch.fsck.missingSpaceBeforeDate': 'ignore',
  'fetch.fsck.zeroPaddedFilemode': 'ignore',
  'pack.windowMemory': '256m',
  'log.showSignature': 'false',
  'advice.detachedHead': 'false',
}

/**
 * Starts git: without a shell, a terminal or the settings of the machine and its users, in a process group of its own
 * that is ended as a whole. Whoever starts it reads `stdout` to its end and waits for `ended`.
 */
export function startGit(place: GitPlace, command: GitCommand): GitProcess {
  const access = command.access ?? NO_ACCESS
  const child = spawn('git', [...command.args], {
    cwd: place.home,
    env: environmentOf(place, command, access),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let ending: GitFailure | null = null
  const end = (failure: GitFailure) => {
    ending ??= failure
    endGroup(child)
  }
  const timer = setTimeout(() => end({ kind: 'too_slow' }), command.timeMs)
  const looking = setInterval(() => {
    if (child.pid === undefined) return
    memoryOf(child.pid).then(
      (bytes) => bytes > MOST_MEMORY && end({ kind: 'too_much' }),
      () => undefined,
    )
  }, MEMORY_LOOK_MS)
  const onAbort = () => end({ kind: 'aborted' })
  command.signal?.addEventListener('abort', onAbort, { once: true })

  const said: Buffer[] = []
  let saidBytes = 0
  child.stderr.on('data', (bytes: Buffer) => {
    if (saidBytes < MOST_SAID) said.push(bytes.subarray(0, MOST_SAID - saidBytes))
    saidBytes += bytes.length
  })
  // Git may end before it has read its input.
  child.stdin.on('error', () => undefined)
  const { promise: ended, resolve } = Promise.withResolvers<GitFailure | null>()
  const settle = (failure: GitFailure | null) => {
    clearTimeout(timer)
    clearInterval(looking)
    command.signal?.removeEventListener('abort', onAbort)
    resolve(failure)
  }
  child.on('error', (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return
    // Nothing will end them, because there is no process.
    child.stdout.destroy()
    settle(
      error.code === 'ENOENT' ? { kind: 'not_installed' } : { kind: 'failed', code: null, said: String(error.code) },
    )
  })
  child.on('close', (code) => {
    // What it started may still run, without a pipe to it.
    endGroup(child)
    if (ending) return settle(ending)
    settle(code === 0 ? null : { kind: 'failed', code, said: access.redact(Buffer.concat(said).toString('utf8')) })
  })
  if (command.signal?.aborted) onAbort()
  return { stdin: child.stdin, stdout: child.stdout, ended, end: (as) => end({ kind: as }) }
}

export type GitAnswer =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly failure: GitFailure }

/**
 * Runs git and returns what it wrote.
 *
 * @param most - bytes of its answer; a longer one is a failure, or is cut with `cut`.
 */
export async function runGit(
  place: GitPlace,
  command: GitCommand & { readonly most: number; readonly cut?: boolean; readonly input?: string | undefined },
): Promise<GitAnswer> {
  const git = startGit(place, command)
  git.stdin.end(command.input)
  const chunks: Buffer[] = []
  let bytes = 0
  let isCut = false
  git.stdout.on('data', (chunk: Buffer) => {
    if (isCut) return
    chunks.push(chunk.subarray(0, command.most - bytes))
    bytes += chunk.length
    if (bytes <= command.most) return
    isCut = true
    git.end('too_much')
  })
  git.stdout.on('error', () => undefined)
  const failure = await git.ended
  if (failure === null || (isCut && command.cut)) return { ok: true, bytes: Buffer.concat(chunks) }
  return { ok: false, failure }
}

function environmentOf(place: GitPlace, { dir, config, environment }: GitCommand, access: GitAccess) {
  const settings = Object.entries({ ...SETTINGS, ...config, ...access.settings })
  return {
    ...place.environment,
    HOME: place.home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    // What may be missing in a partial mirror is not fetched either then.
    GIT_ALLOW_PROTOCOL: access === NO_ACCESS ? 'none' : 'http:https:ssh:file',
    ...(dir !== undefined && { GIT_DIR: dir }),
    ...access.environment,
    ...environment,
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** Returns the bytes that a process and its descendants have for themselves; 0 where the system does not tell. */
async function memoryOf(pid: number): Promise<number> {
  const [status, tasks] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''),
    readdir(`/proc/${pid}/task`).catch(() => []),
  ])
  const own = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  const lists = tasks.map((task) => readFile(join(`/proc/${pid}/task`, task, 'children'), 'latin1').catch(() => ''))
  const children = (await Promise.all(lists)).flatMap((list) => list.split(' ').filter((id) => id !== ''))
  const others = await Promise.all(children.map((child) => memoryOf(Number(child))))
  return own + others.reduce((sum, bytes) => sum + bytes, 0)
}
