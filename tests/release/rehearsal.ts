import { execFileSync, spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import dockerignore from '@balena/dockerignore'
import { ROOT } from '../docs/command-blocks.ts'
import { plainPath } from '../docs/oldest-node.ts'
import { type Stage, said } from './dockerfile.ts'

/**
 * Runs the commands of a stage of the Dockerfile in an empty folder, without Docker: copies the files that
 * `.dockerignore` admits, links dependencies (so that `npm ci` finds them installed), then runs the commands. The
 * folder is then the source of `COPY --from`.
 *
 * @returns the output of the commands.
 */
export async function rehearse(stage: Stage, folder: string): Promise<string> {
  for (const path of await context()) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await cp(join(ROOT, path), join(folder, path))
  }
  await linkDependencies(folder)
  // As in an image: no repository, and none of this process's environment.
  const env = { PATH: plainPath().path, HOME: folder }
  return said(stage, 'RUN')
    .map((command) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`)
      return stdout + stderr
    })
    .join('')
}

/** Lists the tracked files that Docker would send to the builder. */
async function context(): Promise<readonly string[]> {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return (await ignored()).filter(files.split('\0').filter(Boolean))
}

/** Reads `.dockerignore`. */
export async function ignored() {
  return dockerignore.default().add(await readFile(join(ROOT, '.dockerignore'), 'utf8'))
}

/** Links workspaces to the folder itself, and all other packages to those installed here. */
async function linkDependencies(folder: string): Promise<void> {
  const [from, to] = [join(ROOT, 'node_modules'), join(folder, 'node_modules')]
  await mkdir(to)
  for (const name of await readdir(from)) {
    if (name === '@yardmaster') await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
    else await symlink(join(from, name), join(to, name))
  }
}
