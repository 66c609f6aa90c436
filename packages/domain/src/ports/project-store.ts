import type { Group, Project, ProjectChanges } from '../projects/project.ts'

export interface ProjectStore {
  /** Groups named by `groupPath` come into being here, with all their ancestors. Null: the path is taken. */
  create(project: ProjectChanges & { path: string }): Promise<Project | null>
  find(id: number): Promise<Project | null>
  findByPath(path: string): Promise<Project | null>
  /**
   * Newest first, ids below `before`; with `ids`, of these. Fewer than `limit` where their variables are long; `more`
   * says whether others follow.
   */
  list(filter: {
    search?: string | undefined
    ids?: readonly number[] | undefined
    before?: number | undefined
    limit: number
  }): Promise<{ projects: Project[]; more: boolean }>
  /** `path_taken` or the project as it is now; null if there is none. */
  update(id: number, changes: ProjectChanges): Promise<Project | 'path_taken' | null>
  /** Marks it deleted: its jobs stay but are refused, its path is free again. */
  remove(id: number): Promise<boolean>
  /** Ids of removed projects some of whose jobs may not be over yet. */
  removedWithJobs(limit: number): Promise<number[]>
  /** All jobs of this removed project are over. */
  noteJobsEnded(id: number): Promise<void>
  groups(): Promise<Group[]>
  findGroup(id: number): Promise<Group | null>
  /** What a registration token registers for, if it is one of a group or a project. */
  findByRegistrationToken(digest: string): Promise<{ kind: 'group' | 'project'; id: number } | null>
  /** Stores the token (digest and encrypted text); false if there is no such project or group. */
  replaceRegistrationToken(of: { kind: 'group' | 'project'; id: number }, token: string): Promise<boolean>
  /** Digests of runner tokens that serve this project. */
  runnerDigests(projectId: number): Promise<string[]>
}
