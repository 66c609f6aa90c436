/** What a token allows: `write` includes `read`. */
export const TOKEN_ACCESSES = ['read', 'write'] as const
type TokenAccess = (typeof TOKEN_ACCESSES)[number]

/** A password of `git` over HTTP for one project. */
export interface ProjectToken {
  readonly id: number
  readonly projectId: number
  readonly name: string
  readonly access: TokenAccess
  /** The part of the token that may be shown. */
  readonly tokenPrefix: string
  /** Null when it does not expire. */
  readonly expiresAt: Date | null
  /** To the minute; null when it was never used. */
  readonly lastUsedAt: Date | null
  readonly createdAt: Date
}

export interface NewProjectToken
  extends Pick<ProjectToken, 'projectId' | 'name' | 'access' | 'tokenPrefix' | 'expiresAt'> {
  readonly digest: string
}
