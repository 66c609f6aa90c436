import type { Variable } from '@yardmaster/ci-config'

export interface ProjectVariable extends Variable {
  /** Only for jobs of protected refs. */
  readonly protected?: boolean | undefined
}

/** What of a project is stored sealed. */
export type ProjectSecret = 'repoUrl' | 'variables' | 'registrationToken'

/** The path of the project that always exists and takes jobs that name none. */
export const DEFAULT_PROJECT_PATH = 'default'

export interface Project {
  readonly id: number
  /** Whole path, group included: `harbour/lantern`. */
  readonly path: string
  readonly name: string
  readonly groupId: number | null
  readonly groupPath: string | null
  /** May carry credentials: never shown or logged as it is. */
  readonly repoUrl: string | null
  /** An older project's files are checked out in the directory that runners would take for this one's, too. */
  readonly sharesCheckout: boolean
  readonly defaultBranch: string
  /** Names of refs, `*` stands for any run of characters. */
  readonly protectedRefs: readonly string[]
  /** Seconds. */
  readonly timeout: number
  readonly variables: readonly ProjectVariable[]
  /** Null: what is stored of it is damaged. */
  readonly registrationToken: string | null
  readonly instanceRunnersEnabled: boolean
  readonly groupRunnersEnabled: boolean
  readonly ciEnabled: boolean
  readonly jobTokenAllowlist: readonly number[]
  /** Bytes of artifacts and logs together; null: what the instance's settings say. */
  readonly maxStoredBytes: number | null
  /** What cannot be read any more; it is shown as none until it is set again. */
  readonly damaged: readonly ProjectSecret[]
  readonly createdAt: Date
}

export interface Group {
  readonly id: number
  readonly path: string
  readonly parentId: number | null
  /** Null: what is stored of it is damaged. */
  readonly registrationToken: string | null
}

/** What `projects.create` and `projects.update` may set; absent means default, or unchanged. */
export type ProjectChanges = Partial<
  Pick<
    Project,
    | 'path'
    | 'name'
    | 'groupPath'
    | 'repoUrl'
    | 'defaultBranch'
    | 'protectedRefs'
    | 'timeout'
    | 'variables'
    | 'instanceRunnersEnabled'
    | 'groupRunnersEnabled'
    | 'ciEnabled'
    | 'jobTokenAllowlist'
    | 'maxStoredBytes'
  >
>

/** Whether a ref is protected in a project. */
export function isProtectedRef(protectedRefs: readonly string[], ref: string): boolean {
  return protectedRefs.some((pattern) => {
    if (!pattern.includes('*')) return pattern === ref
    const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 's').test(ref)
  })
}
