import { err, ok, type Result } from '@yardmaster/common'
import { isExecuting, type Job } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { Project } from '../projects/project.ts'
import { digestOf } from '../tokens.ts'

/** Why a git client gets nothing. Whether a project exists is told only to those who may read it. */
export type GitRefusal =
  /** The password is none, or no longer one. */
  | { readonly kind: 'git_unauthenticated' }
  /** There is no such project, or it is not one that this password reads. */
  | { readonly kind: 'git_hidden' }
  /** The password reads the project and does no more. */
  | { readonly kind: 'git_read_only' }

export interface GitClient {
  readonly project: Project
  /** The job whose token was the password, if it is one of this project; null for others. */
  readonly job: Job | null
  /** Who it is, as pipelines name their maker. */
  readonly user: string
}

interface GitQuestion {
  readonly path: string
  readonly password: string | null
  readonly wants: 'read' | 'write'
}

/** As in the audit log. */
const ADMINISTRATOR = 'admin_token'
/** What a path may be made of; others are not looked up. */
const PATH = /^[A-Za-z0-9_./-]{1,255}$/

/**
 * Authorizes a git client by its password: an administrator's token, a token of the project, or the token of a running
 * job of the project or of one that the project admits, which may only read.
 */
export async function authorizeGit(
  ports: Pick<Ports, 'projects' | 'projectTokens' | 'jobs'>,
  { path, password, wants }: GitQuestion,
  isAdminToken: (token: string) => boolean,
): Promise<Result<GitClient, GitRefusal>> {
  if (!password) return err({ kind: 'git_unauthenticated' })
  const find = async () => (PATH.test(path) ? await ports.projects.findByPath(path) : null)
  if (isAdminToken(password)) {
    const project = await find()
    return project ? ok({ project, job: null, user: ADMINISTRATOR }) : err({ kind: 'git_hidden' })
  }
  const digest = digestOf(password)
  const token = await ports.projectTokens.use(digest)
  if (token) {
    const project = await find()
    if (project?.id !== token.projectId) return err({ kind: 'git_hidden' })
    if (wants === 'write' && token.access !== 'write') return err({ kind: 'git_read_only' })
    return ok({ project, job: null, user: token.name })
  }
  const asking = await ports.jobs.byToken(digest)
  if (!asking || asking.projectDeleted || asking.job.erasedAt || !isExecuting(asking.job.status)) {
    return err({ kind: 'git_unauthenticated' })
  }
  const { job } = asking
  const project = await find()
  if (!project) return err({ kind: 'git_hidden' })
  const isOwn = project.id === job.projectId
  // Other projects trust this one, and not whoever has a fork of it.
  const isTrusted = isOwn || (!asking.fromFork && project.jobTokenAllowlist.includes(job.projectId))
  if (!isTrusted) return err({ kind: 'git_hidden' })
  return wants === 'write'
    ? err({ kind: 'git_read_only' })
    : ok({ project, job: isOwn ? job : null, user: `job ${job.id}` })
}
