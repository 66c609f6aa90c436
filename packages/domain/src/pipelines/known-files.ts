import type { KnownCommit, ProjectRefusal } from '@yardmaster/ci-config'
import type { Result } from '@yardmaster/common'
import type { RepositoryUnavailable } from '../errors.ts'
import type { KnownFiles } from '../ports.ts'
import type { Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { type CommitAnswer, findCommit } from './find-commit.ts'

/** The files of projects here, and the first failure to read them. */
export interface ReadFiles extends KnownFiles {
  /** Null while everything could be read. A plan that was made of less is of no use. */
  readonly failure: RepositoryUnavailable | null
}

/**
 * Gives the compiler the files of the repositories here. All projects of an installation may include files of each
 * other.
 *
 * @param own - the project whose pipeline is planned.
 */
export function knownFiles(ports: Pick<Services, 'projects' | 'repositories' | 'policy'>, own: Project): ReadFiles {
  const projects = new Map([[own.id, own]])
  let failure: RepositoryUnavailable | null = null
  /** Returns null for what is not there. */
  function present<T>(answer: CommitAnswer<T>): T | null {
    if (answer.ok) return answer.value
    if (answer.error.kind === 'repository_unavailable') failure ??= answer.error
    return null
  }
  async function read<T>(
    { projectId }: KnownCommit,
    work: (project: Project) => Promise<CommitAnswer<T | null>>,
  ): Promise<T | null> {
    const project = projects.get(projectId)
    return project ? present(await work(project)) : null
  }
  async function project(path: string, ref: string | null): Promise<KnownCommit | ProjectRefusal> {
    const found = path === own.path ? own : await projectAt(ports, path)
    if (!found || found.damaged.some((part) => part === 'repoUrl' || part === 'repository')) return 'unknown'
    const commit: Result<string, { readonly kind: string }> = await findCommit(ports, found, ref)
    if (commit.ok) {
      projects.set(found.id, found)
      return { projectId: found.id, project: found.path, sha: commit.value }
    }
    if (commit.error.kind === 'repository_missing') return 'unknown'
    return commit.error.kind === 'repository_unavailable' ? 'unreachable' : 'no-ref'
  }
  return {
    project,
    async component({ host, project: path, version }) {
      return host.toLowerCase() === new URL(ports.policy.externalUrl).host ? await project(path, version) : 'unknown'
    },
    read: (commit, path) => read(commit, (owner) => ports.repositories.readFile(owner, { sha: commit.sha, path })),
    list: (commit) => read(commit, (owner) => ports.repositories.listFiles(owner, commit.sha)),
    get failure() {
      return failure
    },
  }
}

const MOST_LOOKED_AT = 100

/** The reference takes the paths of includes in lower case, and finds projects by any case. */
async function projectAt({ projects }: Pick<Services, 'projects'>, path: string): Promise<Project | null> {
  const exact = await projects.findByPath(path)
  if (exact) return exact
  const similar = await projects.list({ search: path, limit: MOST_LOOKED_AT })
  return similar.projects.find((project) => project.path.toLowerCase() === path.toLowerCase()) ?? null
}
