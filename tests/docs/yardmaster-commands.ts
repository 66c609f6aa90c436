import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin } from '../support/admin.ts'
import { type Gateway, temporaryDirectory } from '../support/gateway.ts'
import { gitIn } from '../support/git.ts'
import { ROOT } from './command-blocks.ts'

/** What a documented command may end with: its job is canceled, and has no artifacts. */
const STATUSES: readonly (readonly [RegExp, number])[] = [
  [/ job log --follow /, 3],
  // There is no terminal to ask at, and a checkout has the server apart.
  [/^yardmaster login \S+$|^yardmaster server$| --download /, 1],
  [/ job (play|cancel) | pipeline cancel /, 2],
]

/** Jobs that end without a runner: their child pipelines wait for a person. */
const WITHOUT_RUNNERS = 'build: { trigger: { include: child.yml } }\ntest: { trigger: { include: child.yml } }\n'
const CHILD = 'later: { script: make, when: manual }\n'

/** Returns the exit status that a documented command has here. */
export const statusOf = (command: string): number => STATUSES.find(([form]) => form.test(command))?.[1] ?? 0

/**
 * Prepares an installation and a folder for a documented command: with the ids and names that the documents use.
 *
 * @returns the line to type, and its environment.
 */
export async function prepareFor(command: string, gateway: Gateway) {
  const directory = await temporaryDirectory()
  const { path } = directory
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const project = await admin.mutate('projects.create', { path: `group/app-${process.hrtime.bigint()}` })
  const runs = command.startsWith('yardmaster run')
  const content = runs ? WITHOUT_RUNNERS : 'build: { script: make, tags: [taken-by-none] }'
  const { id, jobs } = await admin.mutate('pipelines.create', {
    projectId: project.id,
    content,
    files: { 'child.yml': CHILD },
  })
  await admin.mutate('pipelines.cancel', { id: id ?? 0 })
  const runner = await admin.mutate('runners.create', { runnerType: 'instance_type' })

  const files: Readonly<Record<string, string>> = {
    '.gitlab-ci.yml': content,
    'child.yml': CHILD,
    'ci/nightly.yml': content,
    'token-file': gateway.adminToken,
    '.config/yardmaster/contexts.json': JSON.stringify({
      version: 1,
      current: 'ci.example.com',
      contexts: [{ name: 'ci.example.com', url: gateway.url, token: gateway.adminToken }],
    }),
    '.local/share/bash-completion/completions/none': '',
    'bin/yardmaster': `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'apps/cli/src/main.ts')}' "$@"\n`,
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), text, { mode: 0o600 })
  }
  await chmod(join(path, 'bin/yardmaster'), 0o700)
  if (runs) {
    const git = gitIn(path)
    await git('.', 'init', '--quiet')
    await git('.', 'remote', 'add', 'origin', `${gateway.url}/${project.path}.git`)
  }

  const line = command
    .replace('https://ci.example.com', gateway.url)
    .replace('group/app', project.path)
    .replace(/\b12\b/, String(id))
    .replace(/\b34\b/, String(jobs[0]?.id))
    .replace(/\b5\b/, String(runner.id))
  return { line: `cd ${path} && PATH="${path}/bin:$PATH" && ${line}`, env: { HOME: path }, dispose: directory.dispose }
}
