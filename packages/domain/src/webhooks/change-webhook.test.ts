import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { create, services, setUpScene } from '../testing/scene.ts'
import { createWebhook, removeWebhook, rotateWebhookSecret, updateWebhook } from './change-webhook.ts'
import type { NewWebhook } from './webhook.ts'

setUpScene()

const GIVEN: Omit<NewWebhook, 'secret'> = {
  projectId: null,
  url: 'https://example.com/hook',
  events: ['job'],
  statuses: [],
  enabled: true,
}
const make = (given: Partial<typeof GIVEN> = {}) => createWebhook(services, { ...GIVEN, ...given })
const MISSING = 999_999
const notFound = { ok: false, error: { kind: 'webhook_not_found', id: MISSING } }

async function made(given: Partial<typeof GIVEN> = {}) {
  const created = await make(given)
  if (!created.ok) throw new Error(created.error.kind)
  return created.value
}
const secretOf = async (id: number) => (await services.webhooks.addTest(id))?.target?.secret

describe('a webhook', () => {
  it('is created with a secret, which is shown this once', async () => {
    const project = await createProject(services, { path: 'hooks/project' })
    const projectId = project.ok ? project.value.id : 0
    const { webhook, secret } = await made({ projectId, statuses: ['failed'], enabled: false })
    expect(secret).toMatch(/^ymwh-[\w-]{24}$/)
    expect(webhook).toMatchObject({ ...GIVEN, projectId, statuses: ['failed'], enabled: false })
    expect(await services.webhooks.find(webhook.id)).toEqual(webhook)
    expect(JSON.stringify(webhook)).not.toContain(secret)
    expect(await secretOf(webhook.id)).toBe(secret)
  })

  it('keeps what is not given when it is changed, and its secret', async () => {
    const { webhook, secret } = await made({ statuses: ['failed'] })
    expect(await updateWebhook(services, webhook.id, { url: 'http://example.org/' })).toMatchObject({
      value: { ...GIVEN, url: 'http://example.org/', statuses: ['failed'] },
    })
    expect(await secretOf(webhook.id)).toBe(secret)
  })

  it('has another secret after a rotation, which signs what is still to be sent', async () => {
    const { webhook, secret } = await made()
    const rotated = await rotateWebhookSecret(services, webhook.id)
    if (!rotated.ok) throw new Error(rotated.error.kind)
    expect(rotated.value).not.toBe(secret)
    expect(await secretOf(webhook.id)).toBe(rotated.value)
  })

  it('is removed with its deliveries', async () => {
    const { webhook } = await made()
    await create()
    expect(await services.webhooks.deliveries({ webhookId: webhook.id, limit: 10 })).toHaveLength(1)
    expect(await removeWebhook(services, webhook.id)).toEqual({ ok: true, value: null })
    expect(await services.webhooks.find(webhook.id)).toBeNull()
    expect(await services.webhooks.deliveries({ webhookId: webhook.id, limit: 10 })).toEqual([])
  })

  it.each(['example', 'ftp://example.com/', 'javascript:alert(1)', ''])(
    'is refused with the address %j',
    async (url) => {
      const refused = { ok: false, error: { kind: 'webhook_invalid', field: 'url', reason: expect.any(String) } }
      expect(await make({ url })).toEqual(refused)
      const { webhook } = await made()
      expect(await updateWebhook(services, webhook.id, { url })).toEqual(refused)
      expect((await services.webhooks.find(webhook.id))?.url).toBe(GIVEN.url)
    },
  )

  it('is refused for a project that does not exist', async () => {
    const refused = { ok: false, error: { kind: 'project_not_found', id: MISSING } }
    expect(await make({ projectId: MISSING })).toEqual(refused)
    const { webhook } = await made()
    expect(await updateWebhook(services, webhook.id, { projectId: MISSING })).toEqual(refused)
  })

  it('that does not exist is not found', async () => {
    expect(await updateWebhook(services, MISSING, { enabled: false })).toEqual(notFound)
    expect(await rotateWebhookSecret(services, MISSING)).toEqual(notFound)
    expect(await removeWebhook(services, MISSING)).toEqual(notFound)
  })
})
