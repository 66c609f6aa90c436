import type { Group, Project, ProjectChanges } from '../projects/project.ts'

export interface ProjectStore {
  /** Creates the groups named by `groupPath` as well, with all their ancestors. Returns null when the path is taken. */
  create(project: ProjectChanges & { path: string }): Promise<Project | null>
  find(id: number): Promise<Project | null>
  findByPath(path: string): Promise<Project | null>
  /**
   * Returns the newest first, with ids below `before`; with `ids`, only those. Returns fewer than `limit` when their
   * variables are long; `more` says whether others follow.
   */
  list(filter: {
    search?: string | undefined
    ids?: readonly number[] | undefined
    before?: number | undefined
    limit: number
  }): Promise<{ projects: Project[]; more: boolean }>
  /** Returns the project afterwards, `path_taken`, or null when there is no such project. */
  update(id: number, changes: ProjectChanges): Promise<Project | 'path_taken' | null>
  /** Marks a project as deleted: its jobs stay but are refused, and its path is free again. */
  remove(id: number): Promise<boolean>
  /** Returns ids of removed projects that may still have unfinished jobs. */
  removedWithJobs(limit: number): Promise<number[]>
  /** Records that all jobs of this removed project are over. */
  noteJobsEnded(id: number): Promise<void>
  groups(): Promise<Group[]>
  findGroup(id: number): Promise<Group | null>
  /** Finds what a registration token registers runners for: a group or a project. */
  findByRegistrationToken(digest: string): Promise<{ kind: 'group' | 'project'; id: number } | null>
  /** Stores the token (digest and encrypted text). Returns false if there is no such project or group. */
  replaceRegistrationToken(of: { kind: 'group' | 'project'; id: number }, token: string): Promise<boolean>
  /** Returns digests of the tokens of runners that serve this project. */
  runnerDigests(projectId: number): Promise<string[]>
}
