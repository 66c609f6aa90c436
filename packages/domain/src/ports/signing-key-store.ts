/** A key that signs id tokens, as it is stored. */
export interface StoredSigningKey {
  /** Its id in the header of tokens. */
  readonly kid: string
  /** In PKCS #8, as PEM text; null when its stored form is damaged, `newer` when only a newer release can read it. */
  readonly privateKey: string | 'newer' | null
  readonly signsFrom: Date
}

export interface NewSigningKey extends StoredSigningKey {
  readonly privateKey: string
  /** The id of the newest key; null when there is none. */
  readonly replaces: string | null
}

export interface SigningKeyStore {
  /** Returns all keys in the order in which they were added. */
  list(): Promise<readonly StoredSigningKey[]>
  /**
   * Adds a key after the one that it replaces. Of several processes that replace the same key, the first one succeeds.
   *
   * @returns false when another process was first.
   */
  add(key: NewSigningKey): Promise<boolean>
  remove(kids: readonly string[]): Promise<void>
}
