import { NewerFormError } from '@yardmaster/common'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { steadyClock } from '../testing/steady-clock.ts'
import { Issuer } from './issuer.ts'
import { rotateSigningKeys } from './rotate-signing-keys.ts'

const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(() => database.db.query('delete from signing_keys'))

/** Returns an issuer as a process has that starts on this day. */
const issuerOn = (day: number): Issuer =>
  new Issuer({
    signingKeys: database.stores.signingKeys,
    clock: steadyClock(() => new Date(START + day * DAY_MS)),
  })

const signerOf = (token: string) => decodeProtectedHeader(token).kid
const kidsOf = async (issuer: Issuer) => (await issuer.publicKeys()).map(({ kid }) => kid)
const stored = async () => (await database.stores.signingKeys.list()).map(({ kid }) => kid)

describe('a token', () => {
  it('is checked with the published keys, by any process', async () => {
    const token = await issuerOn(0).sign({ sub: 'a job', aud: ['one', 'two'] })
    const keys = createLocalJWKSet({ keys: await issuerOn(0).publicKeys() })
    const { payload, protectedHeader } = await jwtVerify(token, keys, { audience: 'two', algorithms: ['RS256'] })
    expect(payload).toEqual({ sub: 'a job', aud: ['one', 'two'] })
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: (await stored())[0], typ: 'JWT' })
  })

  it('is refused when any part of it is changed', async () => {
    const issuer = issuerOn(0)
    const [header, payload, signature] = (await issuer.sign({ sub: 'a job' })).split('.')
    const other = (await issuer.sign({ sub: 'another' })).split('.')
    const keys = createLocalJWKSet({ keys: await issuer.publicKeys() })
    await expect(jwtVerify(`${header}.${other[1]}.${signature}`, keys)).rejects.toThrow()
    await expect(jwtVerify(`${header}.${payload}.${other[2]}`, keys)).rejects.toThrow()
  })
})

describe('the keys', () => {
  it('are not made before the first use', async () => {
    expect(await issuerOn(0).rotate()).toEqual([])
    expect(await stored()).toEqual([])
  })

  it('are one and the same for processes that begin at the same moment', async () => {
    const issuers = Array.from({ length: 4 }, () => issuerOn(0))
    const tokens = await Promise.all(issuers.map((issuer) => issuer.sign({ sub: 'a' })))
    expect(new Set(tokens.map(signerOf)).size).toBe(1)
    expect(await stored()).toEqual([signerOf(tokens[0] ?? '')])
    for (const issuer of issuers) expect(await kidsOf(issuer)).toEqual(await stored())
  })

  it('are published with their public half alone', async () => {
    const [key] = await issuerOn(0).publicKeys()
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    const [row] = await database.db.query<{ row: string }>('select signing_keys::text as row from signing_keys')
    expect(row?.row).not.toContain(Buffer.from('PRIVATE KEY').toString('hex'))
  })

  it('follow each other: the next is published first, and the old one stays until its tokens have expired', async () => {
    const first = signerOf(await issuerOn(0).sign({}))
    await issuerOn(82).rotate()
    expect(await kidsOf(issuerOn(82))).toEqual([first])
    await Promise.all([issuerOn(84).rotate(), issuerOn(84).rotate()])
    const [, second] = await stored()
    expect(await kidsOf(issuerOn(84))).toEqual([first, second])
    expect(signerOf(await issuerOn(90).sign({}))).toBe(first)
    expect(signerOf(await issuerOn(91).sign({}))).toBe(second)
    await issuerOn(121).rotate()
    expect(await kidsOf(issuerOn(121))).toEqual([first, second])
    await issuerOn(122).rotate()
    expect(await stored()).toEqual([second])
  })

  it('rotate without a sweep as well, when tokens are signed', async () => {
    const first = signerOf(await issuerOn(0).sign({}))
    expect(signerOf(await issuerOn(300).sign({}))).toBe(first)
    const [, second] = await stored()
    expect(signerOf(await issuerOn(307).sign({}))).toBe(second)
    expect(await kidsOf(issuerOn(307))).toEqual([first, second])
    expect(await kidsOf(issuerOn(338))).toEqual([second])
  })
})

describe('a damaged key', () => {
  const damage = (kid: string | undefined) =>
    database.db.query("update signing_keys set private_key = '\\x00112233445566778899' where kid = $1", [kid])

  it('is replaced at once, is published no more, and is named once to the operator', async () => {
    const first = signerOf(await issuerOn(0).sign({}))
    await damage(first)
    const warnings: string[] = []
    const issuer = issuerOn(1)
    const sweep = rotateSigningKeys({ issuer }, (sentence) => warnings.push(sentence))
    await sweep()
    await sweep()
    expect(warnings).toEqual([expect.stringContaining(`the signing key ${first} is damaged`)])
    const second = signerOf(await issuer.sign({}))
    expect(second).not.toBe(first)
    expect(await kidsOf(issuer)).toEqual([second])
    expect(await stored()).toEqual([first, second])
  })

  it('that was to be the next leaves the present one in place', async () => {
    const first = signerOf(await issuerOn(0).sign({}))
    await issuerOn(85).rotate()
    await damage((await stored())[1])
    expect(signerOf(await issuerOn(95).sign({}))).toBe(first)
    const [, , third] = await stored()
    expect(signerOf(await issuerOn(102).sign({}))).toBe(third)
  })

  it.each([
    ['of another key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['that is no key at all', 'a text'],
  ])('with a text %s is replaced too', async (_, privateKey) => {
    await database.stores.signingKeys.add({ kid: 'odd', privateKey, replaces: null, signsFrom: new Date(START) })
    const token = await issuerOn(1).sign({})
    expect(signerOf(token)).not.toBe('odd')
    expect(await kidsOf(issuerOn(1))).toEqual([signerOf(token)])
  })

  it('cannot be put in by exchanging the rows of two', async () => {
    const first = signerOf(await issuerOn(0).sign({}))
    await issuerOn(85).rotate()
    const [, second] = await stored()
    await database.db.query(
      'update signing_keys set private_key = (select private_key from signing_keys where kid = $1) where kid = $2',
      [first, second],
    )
    expect(await kidsOf(issuerOn(86))).not.toContain(second)
  })
})

describe('the key of a newer release', () => {
  it('is left alone, and its tokens are left to that release', async () => {
    const first = signerOf(await issuerOn(0).sign({})) ?? ''
    const form = JSON.stringify({ version: 2, privateKey: 'in another way' })
    const encrypted = database.secrets.encrypt(form, { column: 'signing_keys.private_key', row: first })
    await database.db.query('update signing_keys set private_key = $1', [encrypted])
    await expect(issuerOn(1).sign({})).rejects.toThrow(NewerFormError)
    expect(await issuerOn(1).rotate()).toEqual([])
    expect(await kidsOf(issuerOn(1))).toEqual([])
    expect(await stored()).toEqual([first])
  })
})
