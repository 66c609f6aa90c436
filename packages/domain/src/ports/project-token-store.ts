import type { NewProjectToken, ProjectToken } from '../project-tokens/project-token.ts'

/** Tokens of projects. They go with their project. */
export interface ProjectTokenStore {
  /** Returns the id; null when the project does not exist or has been removed. */
  create(token: NewProjectToken): Promise<number | null>
  /** Returns the newest first. */
  list(filter: { projectId: number; before?: number | undefined; limit: number }): Promise<ProjectToken[]>
  /** Returns false when there is no such token. */
  remove(id: number): Promise<boolean>
  /** Returns the token with a digest, unless it has expired, and notes that it was used. */
  use(digest: string): Promise<ProjectToken | null>
}
