import { NewerFormError } from '@yardmaster/common'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JWTPayload,
  SignJWT,
} from 'jose'
import type { Ports, StoredSigningKey } from '../ports.ts'
import { expiredAmong, signerAmong, successorAmong } from './key-schedule.ts'

const ALGORITHM = 'RS256'
const BITS = 2048
/** Milliseconds for which the list of keys is reused: any client may ask for it. */
const FRESH_MS = 1_000

/** The public half of a key, as it is published. */
export interface PublicKey {
  readonly kty: 'RSA'
  readonly kid: string
  readonly use: 'sig'
  readonly alg: typeof ALGORITHM
  readonly n: string
  readonly e: string
}

interface OpenKey {
  readonly kid: string
  readonly signsFrom: Date
  readonly published: PublicKey | null
  /** Null for a damaged key, `newer` when only a newer release can read it. */
  readonly privateKey: CryptoKey | 'newer' | null
}

/**
 * Signs id tokens and publishes the keys for checking them. The first use makes the first key. All processes share the
 * keys of the database, and take the same one at the same time.
 *
 * @see `docs/operations.md#id-tokens`
 */
export class Issuer {
  readonly #ports: Pick<Ports, 'signingKeys' | 'clock'>
  /** Opened once each: importing a key costs as much as signing. */
  readonly #opened = new Map<string, { readonly privateKey: CryptoKey; readonly published: PublicKey }>()
  #keys: Promise<readonly OpenKey[]> = Promise.resolve([])
  #readAt = Number.NEGATIVE_INFINITY

  constructor(ports: Pick<Ports, 'signingKeys' | 'clock'>) {
    this.#ports = ports
  }

  /**
   * Signs claims with the present key.
   *
   * @throws NewerFormError when a newer release stored that key.
   */
  async sign(claims: JWTPayload): Promise<string> {
    const signer = signerAmong(await this.#read(), this.#ports.clock.now())
    if (!signer?.privateKey) throw new Error('there is no key to sign id tokens with')
    if (signer.privateKey === 'newer') throw new NewerFormError(2, 1)
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, kid: signer.kid, typ: 'JWT' })
      .sign(signer.privateKey)
  }

  /** Returns the keys with which a valid token may have been signed, and the next one, oldest first. */
  async publicKeys(): Promise<PublicKey[]> {
    const keys = await this.#read()
    const expired = expiredAmong(keys, this.#ports.clock.now())
    return keys.flatMap((key) => (key.published && !expired.includes(key) ? [key.published] : []))
  }

  /**
   * Adds the next key when it is time and removes those that are no longer needed. Does nothing before the first use.
   *
   * @returns the ids of damaged keys, which another one replaces.
   */
  async rotate(): Promise<string[]> {
    const { signingKeys, clock } = this.#ports
    if ((await signingKeys.list()).length === 0) return []
    const keys = await this.#read()
    const expired = expiredAmong(keys, clock.now()).map(({ kid }) => kid)
    if (expired.length > 0) await signingKeys.remove(expired)
    return keys.flatMap(({ kid, privateKey }) => (privateKey === null && !expired.includes(kid) ? [kid] : []))
  }

  /** Reads the keys, at most once at a time and once in `FRESH_MS`. */
  #read(): Promise<readonly OpenKey[]> {
    const now = performance.now()
    if (now - this.#readAt <= FRESH_MS) return this.#keys
    this.#readAt = Number.POSITIVE_INFINITY
    const keys = this.#load()
    this.#keys = keys
    keys.then(
      () => {
        this.#readAt = performance.now()
      },
      () => {
        this.#readAt = Number.NEGATIVE_INFINITY
      },
    )
    return keys
  }

  async #load(): Promise<readonly OpenKey[]> {
    const { signingKeys, clock } = this.#ports
    const keys = await this.#openAll()
    const successor = successorAmong(keys, clock.now())
    if (!successor) return keys
    // If another process is first, its key is in the list then.
    await signingKeys.add({ ...(await newKey()), ...successor })
    return await this.#openAll()
  }

  async #openAll(): Promise<OpenKey[]> {
    const stored = await this.#ports.signingKeys.list()
    for (const kid of this.#opened.keys()) {
      if (!stored.some((key) => key.kid === kid)) this.#opened.delete(kid)
    }
    return await Promise.all(stored.map((key) => this.#open(key)))
  }

  async #open({ kid, privateKey, signsFrom }: StoredSigningKey): Promise<OpenKey> {
    if (privateKey === null || privateKey === 'newer') return { kid, signsFrom, privateKey, published: null }
    const known = this.#opened.get(kid)
    if (known) return { kid, signsFrom, ...known }
    try {
      const opened = await openKey(kid, privateKey)
      this.#opened.set(kid, opened)
      return { kid, signsFrom, ...opened }
    } catch {
      // Its text is no key, so it can't be used whatever is wrong with it.
      return { kid, signsFrom, privateKey: null, published: null }
    }
  }
}

/** Makes a key pair, in a thread of its own: it takes a tenth of a second or more. */
async function newKey(): Promise<{ kid: string; privateKey: string }> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { modulusLength: BITS, extractable: true })
  return { kid: await calculateJwkThumbprint(await exportJWK(publicKey)), privateKey: await exportPKCS8(privateKey) }
}

async function openKey(kid: string, text: string): Promise<{ privateKey: CryptoKey; published: PublicKey }> {
  const readable = await importPKCS8(text, ALGORITHM, { extractable: true })
  const { n, e } = await exportJWK(readable)
  if (n === undefined || e === undefined) throw new TypeError('the key is not an RSA key')
  const published = { kty: 'RSA', kid, use: 'sig', alg: ALGORITHM, n, e } as const
  return { privateKey: await importPKCS8(text, ALGORITHM), published }
}
