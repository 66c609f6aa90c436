import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface GitRun {
  readonly code: number | null
  readonly out: string
  readonly said: string
}

/** Working trees of real git, without the settings of the machine. */
export interface GitClient extends AsyncDisposable {
  readonly folder: string
  /** Runs git in a folder below; rejects when it fails. Returns what it wrote. */
  git(dir: string, ...args: readonly string[]): Promise<string>
  /** Runs git, and returns how it ended. */
  try(dir: string, ...args: readonly string[]): Promise<GitRun>
  /** Writes files and commits them. Returns the commit. */
  commit(dir: string, files: Readonly<Record<string, string>>, message?: string): Promise<string>
}

export async function openGitClient(): Promise<GitClient> {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-client-'))
  const identity = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' }
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' },
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    ...identity,
    ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' },
  }
  const run = (dir: string, args: readonly string[]): Promise<GitRun> => {
    const { promise, resolve, reject } = Promise.withResolvers<GitRun>()
    const child = spawn('git', ['-c', 'init.defaultBranch=main', ...args], { cwd: join(folder, dir), env })
    const [out, said]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => said.push(bytes))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString().trim(), said: Buffer.concat(said).toString() }),
    )
    return promise
  }
  const git: GitClient['git'] = async (dir, ...args) => {
    const { code, out, said } = await run(dir, args)
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${code} ${said}`)
    return out
  }
  return {
    folder,
    git,
    try: (dir, ...args) => run(dir, args),
    async commit(dir, files, message = 'A change') {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, dir, name), text)
      await git(dir, 'add', '--all')
      await git(dir, 'commit', '--quiet', '--allow-empty', '-m', message)
      return await git(dir, 'rev-parse', 'HEAD')
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
