import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { signWebhook } from './sign-webhook.ts'

const AT = new Date('2026-01-10T12:34:56.789Z')

it('signs the time in whole seconds, a dot and the body', () => {
  const seconds = 1_768_048_496
  const v1 = createHmac('sha256', 'secret').update(`${seconds}.{"a":"é"}`).digest('hex')
  expect(signWebhook('secret', '{"a":"é"}', AT)).toBe(`t=${seconds},v1=${v1}`)
})

it('signs differently with another secret, body or time', () => {
  const signature = (secret: string, body: string, at: Date) => signWebhook(secret, body, at).split('v1=')[1]
  const later = new Date(AT.getTime() + 1_000)
  const all = [
    signature('secret', 'body', AT),
    signature('another', 'body', AT),
    signature('secret', 'another', AT),
    signature('secret', 'body', later),
  ]
  expect(new Set(all).size).toBe(all.length)
})
