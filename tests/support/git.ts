import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Admin } from './admin.ts'
import { temporaryDirectory } from './gateway.ts'

const run = promisify(execFile)
const IDENTITY = {
  ...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' },
  ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' },
}

/** Returns a function that runs git below a folder, without the settings of the machine, and returns what it writes. */
export const gitIn =
  (folder: string) =>
  async (dir: string, ...args: readonly string[]): Promise<string> => {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...IDENTITY,
    }
    return (await run('git', [...args], { cwd: join(folder, dir), env })).stdout.trim()
  }

/** Creates a token to write, and returns the address of the project's repository with it. */
export async function writableAddress(
  admin: Admin,
  { url, project }: { url: string; project: { id: number; path: string } },
): Promise<string> {
  const { token } = await admin.mutate('projectTokens.create', {
    ...{ projectId: project.id, name: 'test', access: 'write' },
  })
  return `${url.replace('://', `://git:${token}@`)}/${project.path}.git`
}

const CONFIGURATION = 'test:\n  script: [make test]\n  rules: [when: always]\n'

/** Pushes a commit with a configuration to a project's own repository, and returns its id. */
export async function pushConfiguration(
  admin: Admin,
  { url }: { readonly url: string },
  project: { readonly id: number; readonly path: string },
): Promise<string> {
  const { path, dispose } = await temporaryDirectory()
  try {
    const git = gitIn(path)
    await git('.', 'init', '--quiet', '--initial-branch', 'main', 'work')
    await writeFile(join(path, 'work', '.gitlab-ci.yml'), CONFIGURATION)
    await git('work', 'add', '.')
    await git('work', 'commit', '--quiet', '--message', 'Light the lamp')
    await git('work', 'push', '--quiet', '-o', 'ci.skip', await writableAddress(admin, { url, project }), 'main')
    return await git('work', 'rev-parse', 'HEAD')
  } finally {
    await dispose()
  }
}
