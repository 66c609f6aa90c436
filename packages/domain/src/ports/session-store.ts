/**
 * Sign-ins of people. Tokens are stored as digests. Sessions and links are bound to the administrator's token in force,
 * by its digest (`boundTo`), and end when that token changes.
 */
export interface SessionStore {
  addSignInLink(link: SignIn): Promise<void>
  /** Returns whether the link would work, without using it. */
  hasSignInLink(link: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  /** Returns true once, before it expires. */
  useSignInLink(link: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  add(session: SignIn): Promise<void>
  isValid(session: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  remove(digest: string): Promise<void>
  /** Removes all sessions and all sign-in links. */
  removeAll(): Promise<void>
  removeExpired(): Promise<void>
  /** Binds to this token what an earlier release stored without one. */
  bindOld(boundTo: string): Promise<void>
}

export interface SignIn {
  readonly digest: string
  readonly boundTo: string
  readonly expiresAt: Date
}
