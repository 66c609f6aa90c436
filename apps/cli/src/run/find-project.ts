import { checked, checkedPage } from '../answers.ts'
import { localFailure } from '../failure.ts'
import { projectIdOf, type ServerTools } from '../tools.ts'
import { tryGit } from './run-git.ts'

export interface RunProject {
  readonly id: number
  readonly path: string
}

const PROJECT = { id: 'number', path: 'string' } as const

/**
 * Finds the project that a working tree is run in: the given one, or the one whose repository here a remote leads to.
 *
 * @throws Failure when there is none, or its repository is kept elsewhere.
 */
export async function findProject(tools: ServerTools, root: string, given: string | undefined): Promise<RunProject> {
  const id = given === undefined ? await projectOfRemotes(tools, root) : await projectIdOf(tools, given)
  const project = checked(await tools.client.projects.get.query({ id }), PROJECT)
  if (project.repository) {
    throw localFailure(
      `The repository of ${project.path} is kept elsewhere, so the server takes no working tree for it.`,
      'Make a project without an address for runs, and name it: yardmaster run --project PATH',
    )
  }
  return project
}

async function projectOfRemotes(tools: ServerTools, root: string): Promise<number> {
  const { client, signal, target } = tools
  const listed = (await tryGit({ folder: root, args: ['remote', '--verbose'], signal })) ?? ''
  const paths = new Set(listed.split('\n').flatMap((line) => pathOf(line.split(/\s+/)[1] ?? '', target.url) ?? []))
  for (const path of paths) {
    const page = checkedPage(await client.projects.list.query({ search: path, limit: 100 }), PROJECT)
    const found = page.items.find((project) => project.path === path)
    if (found) return found.id
  }
  throw localFailure(`No remote of ${root} leads to a project of ${target.url}.`, 'yardmaster run --project GROUP/NAME')
}

/** Returns the path of the project that an address leads to; null when it leads to another server. */
export function pathOf(address: string, server: string): string | null {
  if (!URL.canParse(address)) return null
  const { protocol, host, pathname } = new URL(address)
  const base = new URL(server)
  const start = `${base.pathname.replace(/\/$/, '')}/`
  if (protocol !== base.protocol || host !== base.host || !pathname.startsWith(start)) return null
  const path = pathname.slice(start.length)
  // The paths of projects need no escapes.
  return path.includes('%') ? null : path.replace(/\/$/, '').replace(/\.git$/, '') || null
}
