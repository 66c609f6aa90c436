import { execFileSync, spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import dockerignore from '@balena/dockerignore'
import { ROOT } from '../docs/command-blocks.ts'
import { plainPath } from '../docs/oldest-node.ts'
import { type Stage, said } from './dockerfile.ts'

/**
 * Runs what a stage of the Dockerfile runs, in an empty folder, without Docker: what `.dockerignore` lets through is
 * copied, dependencies are linked (the lock file finds them installed), then come the commands. Its last folder is
 * what `COPY --from` takes.
 *
 * @returns all that the commands said.
 */
export async function rehearse(stage: Stage, folder: string): Promise<string> {
  for (const path of await context()) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await cp(join(ROOT, path), join(folder, path))
  }
  await linkDependencies(folder)
  // As in an image, there is no repository, and nothing of this process's environment.
  const env = { PATH: plainPath().path, HOME: folder }
  return said(stage, 'RUN')
    .map((command) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`)
      return stdout + stderr
    })
    .join('')
}

/** Files that Docker would send to the builder, of those that are part of the repository. */
async function context(): Promise<readonly string[]> {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return (await ignored()).filter(files.split('\0').filter(Boolean))
}

/** What `.dockerignore` says. */
export async function ignored() {
  return dockerignore.default().add(await readFile(join(ROOT, '.dockerignore'), 'utf8'))
}

/** Links of workspaces lead to the folder itself, all others to what is installed here. */
async function linkDependencies(folder: string): Promise<void> {
  const [from, to] = [join(ROOT, 'node_modules'), join(folder, 'node_modules')]
  await mkdir(to)
  for (const name of await readdir(from)) {
    if (name === '@yardmaster') await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
    else await symlink(join(from, name), join(to, name))
  }
}
