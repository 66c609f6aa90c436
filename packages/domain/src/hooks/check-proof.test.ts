import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newHookSecret } from '../tokens.ts'
import { checkProof } from './check-proof.ts'
import { FORGES, type HookKind } from './forges.ts'

const SECRET = newHookSecret()
const NOW = new Date('2026-03-01T12:00:00Z')
const bytes = Buffer.from('{"ref":"refs/heads/main"}')
const hex = (secret = SECRET, body: Uint8Array = bytes) => createHmac('sha256', secret).update(body).digest('hex')

const check = (
  kind: HookKind,
  headers: Record<string, string>,
  { secret = SECRET as string | null, json = bytes } = {},
) => checkProof(FORGES[kind], secret, { header: (name) => headers[name], bytes, json }, NOW)

describe('a signature', () => {
  it.each([
    ['github', 'x-hub-signature-256', 'sha256='],
    ['bitbucket', 'x-hub-signature', 'sha256='],
    ['gitea', 'x-gitea-signature', ''],
    ['forgejo', 'x-forgejo-signature', ''],
    ['forgejo', 'x-gitea-signature', ''],
  ] as const)('of %s is in %s', async (kind, header, prefix) => {
    expect(await check(kind, { [header]: prefix + hex() })).toBe(true)
    expect(await check(kind, { [header]: prefix + hex().toUpperCase() })).toBe(true)
    for (const wrong of [
      ...['', prefix, `${prefix}${hex().slice(1)}`, `${prefix}${hex()}00`, `${prefix}${hex('other')}`],
      ...[`${prefix}${'0'.repeat(64)}`, `sha1=${createHmac('sha1', SECRET).update(bytes).digest('hex')}`],
      ...[`sha512=${hex()}`, `${prefix}${hex(SECRET, Buffer.from('{}'))}`, SECRET],
    ]) {
      expect(await check(kind, { [header]: wrong }), wrong).toBe(false)
    }
    expect(await check(kind, {})).toBe(false)
    expect(await check(kind, { [header]: prefix + hex('') }, { secret: null })).toBe(false)
  })

  it('of Gitea covers the JSON in a form, that of GitHub the form', async () => {
    const json = Buffer.from('{}')
    expect(await check('gitea', { 'x-gitea-signature': hex(SECRET, json) }, { json })).toBe(true)
    expect(await check('github', { 'x-hub-signature-256': `sha256=${hex(SECRET, json)}` }, { json })).toBe(false)
    expect(await check('github', { 'x-hub-signature-256': `sha256=${hex()}` }, { json })).toBe(true)
  })

  it('of Forgejo counts before that of Gitea', async () => {
    const headers = { 'x-forgejo-signature': hex('other'), 'x-gitea-signature': hex() }
    expect(await check('forgejo', headers)).toBe(false)
  })
})

describe('a token', () => {
  it.each([
    ['gitlab', 'x-gitlab-token'],
    ['git', 'x-yardmaster-token'],
  ] as const)('of %s is in %s', async (kind, header) => {
    expect(await check(kind, { [header]: SECRET })).toBe(true)
    for (const wrong of ['', SECRET.slice(1), `${SECRET}x`, hex()])
      expect(await check(kind, { [header]: wrong })).toBe(false)
    expect(await check(kind, {})).toBe(false)
    expect(await check(kind, { [header]: '' }, { secret: null })).toBe(false)
  })
})

describe('a signature of Standard Webhooks, as GitLab makes it', () => {
  const seconds = String(NOW.getTime() / 1000)
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const sign = (id: string, at: string) =>
    `v1,${createHmac('sha256', key).update(`${id}.${at}.`).update(bytes).digest('base64')}`
  const headers = (over: Record<string, string> = {}) => ({
    ...{ 'webhook-id': 'msg_1', 'webhook-timestamp': seconds, 'webhook-signature': sign('msg_1', seconds), ...over },
  })

  it('covers id, time and body', async () => {
    expect(await check('gitlab', headers())).toBe(true)
    expect(await check('gitlab', headers({ 'webhook-signature': `v1,AAAA v2,x ${sign('msg_1', seconds)}` }))).toBe(true)
    for (const wrong of [
      ...[{ 'webhook-id': 'msg_2' }, { 'webhook-timestamp': '1' }, { 'webhook-signature': '' }],
      ...[{ 'webhook-signature': 'v1,' }, { 'webhook-signature': sign('msg_1', seconds).replace('v1', 'v0') }],
    ]) {
      expect(await check('gitlab', headers(wrong))).toBe(false)
    }
  })

  it('is refused when it is old, and is not replaced by a token', async () => {
    const old = String(NOW.getTime() / 1000 - 90_000)
    expect(await check('gitlab', headers({ 'webhook-timestamp': old, 'webhook-signature': sign('msg_1', old) }))).toBe(
      false,
    )
    expect(await check('gitlab', headers({ 'webhook-signature': 'v1,x', 'x-gitlab-token': SECRET }))).toBe(false)
  })
})
