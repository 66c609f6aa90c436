import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'
import { verifies, WebhookReceiver } from '../support/webhook-receiver.ts'

const deliveriesOf = async (admin: Admin, id: number) => (await admin.query('webhooks.deliveries', { id })).items

test('a webhook of a project gets every change of its jobs, signed with its secret', async ({
  admin,
  project,
  createJob,
  runner,
}) => {
  await using receiver = await WebhookReceiver.open()
  const { id, secret } = await admin.mutate('webhooks.create', {
    projectId: project.id,
    url: receiver.url,
  })
  await admin.mutate('jobs.create', { name: 'elsewhere', definition: { script: ['x'], tags: ['nobody'] } })
  const jobId = await createJob()
  const job = await runner.take()
  await job.say('hello\n')
  await job.finish('failed', { exitCode: 3 })
  await expect
    .poll(() => receiver.changesOf(jobId).sort())
    .toEqual(['null → pending', 'pending → running', 'running → failed'])
  expect(receiver.received).toHaveLength(3)
  expect(receiver.received.every((hook) => verifies(hook, secret))).toBe(true)
  expect(receiver.received.some((hook) => verifies(hook, 'another'))).toBe(false)
  const ended = receiver.received.find(({ body }) => body.job?.status === 'failed')
  expect(ended?.headers).toMatchObject({ 'x-yardmaster-event': 'job', 'x-yardmaster-delivery': ended?.body.id })
  expect(ended?.body.job).toMatchObject({ exitCode: 3, runnerId: runner.id, traceSize: 6, artifacts: [] })
  expect(ended?.text).not.toContain(job.token)
  await expect
    .poll(async () => (await deliveriesOf(admin, id)).map(({ state, attempts }) => `${state} ${attempts[0]?.status}`))
    .toEqual(['delivered 204', 'delivered 204', 'delivered 204'])
})

test('it gets the statuses it is set to while it is enabled, until it is removed', async ({
  admin,
  project,
  createJob,
}) => {
  await using receiver = await WebhookReceiver.open()
  const { id } = await admin.mutate('webhooks.create', {
    projectId: project.id,
    url: receiver.url,
    statuses: ['canceled'],
  })
  const cancel = async () => {
    const jobId = await createJob()
    await admin.mutate('jobs.cancel', { id: jobId })
    return jobId
  }
  const told = await cancel()
  await expect.poll(() => receiver.changesOf(told)).toEqual(['pending → canceled'])
  expect(await admin.mutate('webhooks.update', { id, enabled: false })).toMatchObject({ enabled: false })
  const untold = await cancel()
  await admin.mutate('webhooks.update', { id, enabled: true })
  const toldAgain = await cancel()
  await expect.poll(() => receiver.changesOf(toldAgain)).toEqual(['pending → canceled'])
  expect(receiver.changesOf(untold)).toEqual([])
  expect(await admin.mutate('webhooks.test', { id })).toMatchObject({ state: 'delivered' })
  expect(receiver.received.at(-1)?.body).toMatchObject({ event: 'test' })
  await admin.mutate('webhooks.remove', { id })
  await expect(admin.query('webhooks.deliveries', { id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a delivery that is refused, or reaches no receiver, is retried', async ({ admin, project, createJob }) => {
  await using receiver = await WebhookReceiver.open()
  const { id } = await admin.mutate('webhooks.create', { projectId: project.id, url: receiver.url })
  receiver.status = 500
  const refused = await createJob()
  await expect.poll(() => receiver.changesOf(refused)).toEqual(['null → pending'])
  await receiver.close()
  const unheard = await createJob()
  await expect
    .poll(async () => (await deliveriesOf(admin, id)).find(({ jobId }) => jobId === unheard)?.attempts[0]?.error)
    .toMatch(/can’t reach the receiver/)
  receiver.status = 200
  await receiver.open()
  await expect
    .poll(async () => (await deliveriesOf(admin, id)).map(({ state }) => state))
    .toEqual(['delivered', 'delivered'])
  expect(receiver.changesOf(unheard)).toEqual(['null → pending'])
  const again = receiver.received.filter(({ body }) => body.job?.id === refused)
  expect(new Set(again.map(({ body }) => body.id)).size).toBe(1)
  expect(new Set(again.map(({ text }) => text)).size).toBe(1)
})

test('a delivery is sent once more on request, under the same id, and the request is recorded and counted', async ({
  admin,
  gateway,
  project,
  createJob,
}) => {
  await using receiver = await WebhookReceiver.open()
  const { id } = await admin.mutate('webhooks.create', { projectId: project.id, url: receiver.url })
  const jobId = await createJob()
  const only = async () => (await deliveriesOf(admin, id))[0]
  await expect.poll(async () => (await only())?.state).toBe('delivered')
  const deliveryId = (await only())?.id
  expect(await admin.mutate('webhooks.redeliver', { id, deliveryId })).toMatchObject({
    id: deliveryId,
    state: 'waiting',
  })
  await expect.poll(() => receiver.changesOf(jobId)).toEqual(['null → pending', 'null → pending'])
  expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(1)
  await expect.poll(async () => (await only())?.attempts.length).toBe(2)
  const audit = await admin.query('audit.list', { action: 'webhooks.redeliver', subjectId: id })
  expect(audit.items).toMatchObject([{ subjectKind: 'webhook', outcome: 'done', details: { input: { deliveryId } } }])

  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(
    Number(/^yardmaster_webhook_attempts_total\{outcome="delivered"\} (\d+)$/m.exec(metrics)?.[1]),
  ).toBeGreaterThan(1)
  expect(metrics).toMatch(/^yardmaster_webhook_deliveries_waiting \d+$/m)

  const redeliver = (given: object) => admin.mutate('webhooks.redeliver', { id, deliveryId, ...given })
  await expect(redeliver({ deliveryId: 2 ** 40 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(redeliver({ id: 2_000_000_000 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const test = await admin.mutate('webhooks.test', { id })
  await expect(redeliver({ deliveryId: test.id })).rejects.toMatchObject({ code: 'CONFLICT' })
  await admin.mutate('webhooks.update', { id, enabled: false })
  await expect(redeliver({})).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('an answered change is delivered, even if the process is killed right after the answer', async ({
  startGateway,
  storage,
}) => {
  const directory = await freshDataDir(storage.env)
  const gateway = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  await using receiver = await WebhookReceiver.open()
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const { id: webhookId } = await admin.mutate('webhooks.create', { url: receiver.url })
  const ids: number[] = []
  for (let n = 0; n < 5; n++) {
    const job = { name: 'x', definition: { script: ['x'], tags: ['nobody'] } }
    ids.push((await admin.mutate('jobs.create', job)).id)
  }
  await gateway.kill()

  const again = await startGateway({ dataDir: directory.path, env: { ...storage.env } })
  const reader = new Admin(again.url, { token: again.adminToken })
  // A delivery under way when the process died is sent once more after half a minute.
  await expect.poll(() => ids.every((id) => receiver.changesOf(id).includes('null → pending'))).toBe(true)
  await reader.mutate('webhooks.remove', { id: webhookId })
  await again.stop()
  await directory.dispose()
})

test('two processes deliver each change once', async ({ startGateway, storage, admin, project, createJob }) => {
  test.skip(!storage.sharesObjects, 'needs PostgreSQL, Redis and an S3 server')
  await startGateway()
  await using receiver = await WebhookReceiver.open()
  const { id } = await admin.mutate('webhooks.create', { projectId: project.id, url: receiver.url })
  const ids = await Promise.all(Array.from({ length: 30 }, () => createJob()))
  await expect
    .poll(async () => (await deliveriesOf(admin, id)).filter(({ state }) => state === 'delivered').length)
    .toBe(30)
  for (const jobId of ids) expect(receiver.changesOf(jobId)).toEqual(['null → pending'])
})
