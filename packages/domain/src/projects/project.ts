import type { Variable } from '@yardmaster/ci-config'
import type { NewStatusTarget } from '../commit-statuses/status-target.ts'

export interface ProjectVariable extends Variable {
  /** Only for jobs of protected refs. */
  readonly protected?: boolean | undefined
}

/** The settings of a project that are stored encrypted. */
export type ProjectSecret = 'repoUrl' | 'repository' | 'variables' | 'registrationToken'

/** The path of the project that always exists and gets the jobs created without a project. */
export const DEFAULT_PROJECT_PATH = 'default'

/** Where a project's repository is, and what opens it. */
export interface ProjectRepository {
  /** Without credentials; an http, https, ssh or file address, or `user@host:path`. */
  readonly address: string
  /** Of an http address: with a password that is a token, most servers take any name. */
  readonly username: string | null
  readonly password: string | null
  /** Of an ssh address: a private key, as `ssh-keygen` writes it. */
  readonly deployKey: string | null
}

/** Who runners fetch a project's files from: this server, or the server of the repository. */
export const CLONES = ['gateway', 'direct'] as const
export type Clone = (typeof CLONES)[number]

export interface Project {
  readonly id: number
  /** The complete path, including the group: `harbour/lantern`. */
  readonly path: string
  readonly name: string
  readonly groupId: number | null
  readonly groupPath: string | null
  /** An http or https address. May contain credentials: never shown or logged unchanged. */
  readonly repoUrl: string | null
  /** The repository of any address, with its secrets; null for one of the project's own. */
  readonly repository: ProjectRepository | null
  /** Who runners fetch files from; always `gateway` without an http or https address. */
  readonly clone: Clone
  /** Where the configuration is: a path, also `path@group/project` or `path@group/project:ref`, or an address. */
  readonly configPath: string
  /** Whether an older project is checked out in the directory that runners would use for this one. */
  readonly sharesCheckout: boolean
  /** Whether something was ever pushed to the repository that it has here. */
  readonly hasOwnRepository: boolean
  readonly defaultBranch: string
  /** Names of refs; `*` matches any characters. */
  readonly protectedRefs: readonly string[]
  /** Names of environments, with `*` as above: only jobs of protected refs may touch them. */
  readonly protectedEnvironments: readonly string[]
  /** In seconds. */
  readonly timeout: number
  readonly variables: readonly ProjectVariable[]
  /** Null when its stored form is damaged. */
  readonly registrationToken: string | null
  readonly instanceRunnersEnabled: boolean
  readonly groupRunnersEnabled: boolean
  readonly ciEnabled: boolean
  /** Whether a new commit of a ref cancels pipelines of earlier ones, as far as their configuration allows it. */
  readonly autoCancelPending: boolean
  /** Whether its badges are shown without a sign-in. */
  readonly publicBadges: boolean
  readonly jobTokenAllowlist: readonly number[]
  /** In bytes, artifacts and logs together; null for the instance's default. */
  readonly maxStoredBytes: number | null
  /** Days for which its finished pipelines are kept, at most as long as the installation keeps them; null for that. */
  readonly jobRetentionDays: number | null
  /** The same for logs of finished jobs. */
  readonly logRetentionDays: number | null
  /** Settings that can no longer be read; they are shown as empty until they are set again. */
  readonly damaged: readonly ProjectSecret[]
  readonly createdAt: Date
}

export interface Group {
  readonly id: number
  readonly path: string
  readonly parentId: number | null
  /** Null when its stored form is damaged. */
  readonly registrationToken: string | null
}

/** The settings of `projects.create` and `projects.update` that stores write; absent means default or unchanged. */
export type ProjectChanges = PlainChanges & {
  /** Where statuses of its commits go; null for nowhere. */
  readonly commitStatus?: NewStatusTarget | null
}

type PlainChanges = Partial<
  Pick<
    Project,
    | 'path'
    | 'name'
    | 'groupPath'
    | 'repoUrl'
    | 'repository'
    | 'clone'
    | 'configPath'
    | 'defaultBranch'
    | 'protectedRefs'
    | 'protectedEnvironments'
    | 'timeout'
    | 'variables'
    | 'instanceRunnersEnabled'
    | 'groupRunnersEnabled'
    | 'ciEnabled'
    | 'autoCancelPending'
    | 'publicBadges'
    | 'jobTokenAllowlist'
    | 'maxStoredBytes'
    | 'jobRetentionDays'
    | 'logRetentionDays'
  >
>

/** Returns whether a ref is protected in a project. */
export const isProtectedRef = (protectedRefs: readonly string[], ref: string): boolean =>
  protectedRefs.some((pattern) => fits(pattern, ref))

/** Returns whether an environment is protected in a project. */
export const isProtectedEnvironment = (protectedEnvironments: readonly string[], name: string): boolean =>
  protectedEnvironments.some((pattern) => fits(pattern, name))

function fits(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}
