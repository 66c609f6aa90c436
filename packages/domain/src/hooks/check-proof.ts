import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Slices } from '../slices.ts'
import type { Forge } from './forges/forge.ts'

/** Bytes that are digested without a pause, which take about a millisecond. */
const STEP = 1_048_576
/** A signed request that is older is refused, in milliseconds: deliveries are remembered for longer. */
const OLDEST_MS = 86_400_000

/** What a request proves itself with. */
export interface Signed {
  /** Returns the value of a header by its name in lower case. */
  header(name: string): string | undefined
  /** The body as it came. */
  readonly bytes: Uint8Array
  /** The JSON in it, which is the body itself unless that is a form. */
  readonly json: Uint8Array
}

/**
 * Returns whether a request was made by one who knows the secret. Takes as long for a wrong proof as for a right one,
 * and without a secret as long as with one.
 *
 * @param secret - null when there is none: then no proof is right.
 */
export async function checkProof({ proof }: Forge, secret: string | null, signed: Signed, now: Date): Promise<boolean> {
  const key = secret ?? randomBytes(32).toString('base64')
  const isRight = proof.by === 'hmac' ? await checkHmac(proof, key, signed) : await checkToken(proof, key, signed, now)
  return isRight && secret !== null
}

async function checkHmac(
  { headers, prefix, ofJson }: Extract<Forge['proof'], { by: 'hmac' }>,
  secret: string,
  signed: Signed,
): Promise<boolean> {
  const given = headers.map((name) => signed.header(name)).find((value) => value !== undefined) ?? ''
  const expected = await hmac(secret, [ofJson ? signed.json : signed.bytes])
  const isSpelled = given.startsWith(prefix) && /^[0-9a-f]{64}$/i.test(given.slice(prefix.length))
  const claimed = isSpelled ? Buffer.from(given.slice(prefix.length), 'hex') : Buffer.alloc(expected.length)
  return timingSafeEqual(expected, claimed) && isSpelled
}

async function checkToken(
  { header, standard }: Extract<Forge['proof'], { by: 'token' }>,
  secret: string,
  signed: Signed,
  now: Date,
): Promise<boolean> {
  const signatures = standard ? signed.header('webhook-signature') : undefined
  if (signatures !== undefined) return await checkStandard(secret, signatures, signed, now)
  // Of digests, which have the same length.
  const blind = randomBytes(32)
  const digest = (text: string) => createHmac('sha256', blind).update(text).digest()
  return timingSafeEqual(digest(secret), digest(signed.header(header) ?? ''))
}

/** Checks the signature of Standard Webhooks, which covers the id and the time. */
async function checkStandard(secret: string, signatures: string, signed: Signed, now: Date): Promise<boolean> {
  const id = signed.header('webhook-id') ?? ''
  const seconds = signed.header('webhook-timestamp') ?? ''
  const key = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64')
  const expected = await hmac(key, [Buffer.from(`${id}.${seconds}.`), signed.bytes])
  const isRight = signatures
    .split(' ', 10)
    .map((one) => {
      const claimed = Buffer.from(/^v1,([A-Za-z0-9+/]{43}=)$/.exec(one)?.[1] ?? '', 'base64')
      return claimed.length === expected.length && timingSafeEqual(expected, claimed)
    })
    .includes(true)
  const isInTime = /^\d{1,12}$/.test(seconds) && Math.abs(now.getTime() - Number(seconds) * 1000) < OLDEST_MS
  return isRight && isInTime
}

/** Digests in slices: a body may be long. */
async function hmac(key: string | Uint8Array, parts: readonly Uint8Array[]): Promise<Buffer> {
  const digest = createHmac('sha256', key)
  const slices = new Slices()
  for (const part of parts) {
    for (let at = 0; at < part.length; at += STEP) {
      if (part.length > STEP && slices.due) await slices.next()
      digest.update(part.subarray(at, at + STEP))
    }
  }
  return digest.digest()
}
