/** Sign-in of people. Tokens are digests here. */
export interface SessionStore {
  addSignInLink(digest: string, expiresAt: Date): Promise<void>
  /** True once, before it expires. */
  useSignInLink(digest: string): Promise<boolean>
  add(digest: string, expiresAt: Date): Promise<void>
  isValid(digest: string): Promise<boolean>
  remove(digest: string): Promise<void>
  removeExpired(): Promise<void>
}
