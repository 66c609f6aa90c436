import type { Result } from '@yardmaster/common'
import type { CommitNotFound, RefNotFound, RepositoryMissing, RepositoryUnavailable } from '../errors.ts'
import type { Project } from '../projects/project.ts'

/** What decides where the repository of a project is. */
export type RepositoryOwner = Pick<Project, 'id' | 'repository' | 'clone' | 'defaultBranch'>

type Away = RepositoryMissing | RepositoryUnavailable

/** A place in the history: a branch, a tag, or a working tree that was pushed to be run. */
export interface CommitPoint {
  /** The name alone, such as `main`. */
  readonly ref: string
  /** Default: a branch. */
  readonly kind?: 'branch' | 'tag' | 'run' | undefined
}

/** A commit as it is stored; texts are cut to bounded lengths. */
export interface Commit {
  readonly sha: string
  readonly parents: readonly string[]
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** When it was authored, with the author's offset from UTC: `2026-03-01T12:00:00+01:00`. */
  readonly authoredAt: string
  /** When it was committed, likewise. */
  readonly committedAt: string
}

export interface FileInRepository {
  readonly sha: string
  readonly path: string
}

/** How this process sees a repository; other processes have their own mirrors. */
export interface RepositoryState {
  /** Without secrets; null for the project's own repository. */
  readonly address: string | null
  /** `missing`: the project has none; `waiting`: it was not read yet; `failed`: the last attempt failed. */
  readonly state: 'missing' | 'waiting' | 'fetching' | 'ready' | 'failed'
  /** In bytes on this process's disk. */
  readonly size: number
  readonly fetchedAt: Date | null
  /** Why it failed: a sentence without secrets. */
  readonly message: string | null
}

/**
 * The repositories of projects. One with an address is read from a mirror, one without has its repository here. Commits
 * are named by their full ids. No call takes longer than minutes, and `repository_unavailable` says why one failed.
 */
export interface Repositories {
  /** Returns the commit that a branch or tag points to now. Reads the newest state first. */
  resolve(project: RepositoryOwner, point: CommitPoint): Promise<Result<string, Away | RefNotFound>>
  /** Returns a commit. Reads the newest state only when the commit is not known here. */
  commit(project: RepositoryOwner, sha: string): Promise<Result<Commit, Away | CommitNotFound>>
  /**
   * Returns a file of a commit as text, or null when there is none. Of more than 2 MiB it returns one byte more, and the
   * reader refuses that; bytes that are not UTF-8 become U+FFFD. A symbolic link is the text of its target; a directory
   * or a submodule is no file.
   */
  readFile(project: RepositoryOwner, file: FileInRepository): Promise<Result<string | null, Away | CommitNotFound>>
  /** Returns the paths of all files of a commit; null when there are too many to list. */
  listFiles(project: RepositoryOwner, sha: string): Promise<Result<readonly string[] | null, Away | CommitNotFound>>
  /**
   * Returns the paths that differ between two commits; of a renamed file the old and the new one. Null when there are too
   * many to list.
   */
  changedPaths(
    project: RepositoryOwner,
    between: { readonly from: string; readonly to: string },
  ): Promise<Result<readonly string[] | null, Away | CommitNotFound>>
  /** Returns the best common ancestor of two commits; null when there is none. */
  mergeBase(project: RepositoryOwner, a: string, b: string): Promise<Result<string | null, Away | CommitNotFound>>
  state(project: RepositoryOwner): Promise<RepositoryState>
  /** Reads the newest state of a repository. */
  refresh(project: RepositoryOwner): Promise<Result<void, Away>>
  /** Returns the ids of the projects that have a copy on this process's disk. */
  copies(): Promise<readonly number[]>
  /** Removes the copy of a project from this process's disk. */
  removeCopy(projectId: number): Promise<void>
}
