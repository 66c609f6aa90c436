/**
 * Sign-in of people. Tokens are digests here. Sessions and links are bound to the administrator's token of the time, by a
 * digest of it (`boundTo`), and end with it.
 */
export interface SessionStore {
  addSignInLink(link: SignIn): Promise<void>
  /** Whether it would work, without using it. */
  hasSignInLink(link: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  /** True once, before it expires. */
  useSignInLink(link: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  add(session: SignIn): Promise<void>
  isValid(session: Omit<SignIn, 'expiresAt'>): Promise<boolean>
  remove(digest: string): Promise<void>
  /** All sessions, and the links that would begin one. */
  removeAll(): Promise<void>
  removeExpired(): Promise<void>
  /** Binds what an earlier release stored without saying to which token. */
  bindOld(boundTo: string): Promise<void>
}

export interface SignIn {
  readonly digest: string
  readonly boundTo: string
  readonly expiresAt: Date
}
