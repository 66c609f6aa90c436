import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { compose, type Gateway } from './compose.ts'
import { readConfig } from './config.ts'
import { type LeftData, openFirstRelease } from './testing/first-release.ts'
import { type Received, Receiver } from './testing/webhook-receiver.ts'

const WAIT = { timeout: 240_000, interval: 50 }

let data: LeftData
let gateway: Gateway

beforeAll(async () => {
  data = await openFirstRelease()
  gateway = await compose(
    readConfig({
      ...data.environment,
      PORT: '0',
      LOG_LEVEL: 'silent',
      LONG_POLL_SECONDS: '0',
      // No sweep may end or expire anything in the old data.
      SWEEP_INTERVAL_SECONDS: '86400',
      JOB_ACCEPT_SECONDS: '86400',
    }),
    new AbortController().signal,
  )
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await data?.[Symbol.asyncDispose]()
})

const call = (method: string, path: string, { headers = {}, ...how }: Omit<RequestInit, 'method'> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${gateway.adminToken}`, ...headers },
    ...how,
  })

const json = (method: string, path: string, value: unknown) =>
  call(method, path, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) })

async function query<T>(procedure: string, input: object): Promise<T> {
  const answer = await call('GET', `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`)
  expect(answer.status, procedure).toBe(200)
  return ((await answer.json()) as { result: { data: T } }).result.data
}

async function mutate<T>(procedure: string, input: object): Promise<T> {
  const answer = await json('POST', `/trpc/${procedure}`, input)
  expect(answer.status, procedure).toBe(200)
  return ((await answer.json()) as { result: { data: T } }).result.data
}

interface Delivery {
  readonly key: string
  readonly attempts: readonly { readonly error: string | null }[]
}

interface Payload {
  readonly id: number
  readonly token: string
  readonly variables: readonly { readonly key: string; readonly value: string }[]
  readonly steps: readonly { readonly name: string; readonly script: readonly string[] }[]
  readonly dependencies: readonly { readonly id: number; readonly token: string }[]
}

const FEATURES = { return_exit_code: true, upload_multiple_artifacts: true, fallback_cache_keys: true }

/** Requests the next job for the runner that was registered with the first release. */
async function take(): Promise<Payload> {
  const { token, systemId } = data.left.runner
  const info = { name: 'gitlab-runner', executor: 'shell', features: FEATURES }
  const answer = await json('POST', '/api/v4/jobs/request', { token, system_id: systemId, info })
  expect(answer.status).toBe(201)
  return (await answer.json()) as Payload
}

const succeed = async ({ id, token }: { id: number; token: string }) =>
  expect((await json('PUT', `/api/v4/jobs/${id}`, { token, state: 'success' })).status).toBe(200)

const statusOf = async (id: number) => (await query<{ status: string }>('jobs.get', { id })).status

const becomes = (id: number, status: string) => vi.waitFor(async () => expect(await statusOf(id)).toBe(status), WAIT)

describe('data of the first release', () => {
  it('are migrated at start, and read with their own key', async () => {
    const { project, jobs } = data.left
    expect(await query('projects.get', { id: project })).toMatchObject({
      path: 'harbour/lantern',
      repoUrl: 'https://user:***@git.example/harbour/lantern.git',
      variables: [{ key: 'DEPLOY_KEY', masked: true }],
      damaged: [],
    })
    expect(await query('jobs.details', { id: jobs.compile })).toMatchObject({
      variables: expect.arrayContaining([
        expect.objectContaining({ key: 'MODE', value: 'release', from: 'job' }),
        expect.objectContaining({ key: 'CHANNEL', value: 'of the pipeline', from: 'pipeline' }),
      ]),
    })
  })

  it('include a long log, readable whole and line by line', async () => {
    const { jobs, longLog } = data.left
    const log = Buffer.from(await (await call('GET', `/download/jobs/${jobs.compile}/trace`)).arrayBuffer())
    expect([log.length, createHash('sha256').update(log).digest('hex')]).toEqual([longLog.bytes, longLog.sha256])
    const window = (place: object) => query('traces.lines', { jobId: jobs.compile, limit: 3, ...place })
    // The index of the first release has another version and is rebuilt.
    await vi.waitFor(async () => expect(await window({ last: true })).toMatchObject({ totalLines: 30_000 }), WAIT)
    expect(await window({ from: 12_346 })).toMatchObject({
      window: { firstLine: 12_346, text: expect.stringContaining('module 12345 of 30000') },
    })
  })

  it('include a running job, which its runner finishes', async () => {
    const { id, token, log } = data.left.running
    const more = 'still serving\n'
    const range = `${log.length}-${log.length + more.length - 1}`
    const headers = { 'JOB-TOKEN': token, 'Content-Range': range, 'Content-Type': 'text/plain' }
    expect((await call('PATCH', `/api/v4/jobs/${id}/trace`, { headers, body: more })).status).toBe(202)
    await succeed({ id, token })
    expect(await statusOf(id)).toBe('success')
    expect(await (await call('GET', `/download/jobs/${id}/trace`)).text()).toBe(`${log}${more}`)
  })

  it('include a waiting job, which a runner gets with everything stored for it', async () => {
    const { jobs } = data.left
    const unit = await take()
    expect(unit).toMatchObject({ id: jobs.unit, dependencies: [{ id: jobs.compile, name: 'compile' }] })
    expect(unit.steps[0]?.script).toEqual(['make test'])
    const values = Object.fromEntries(unit.variables.map(({ key, value }) => [key, value]))
    expect(values).toMatchObject({ DEPLOY_KEY: 'of the project', CHANNEL: 'of the pipeline', LANTERN: 'lit' })

    const [dependency] = unit.dependencies
    const headers = { 'JOB-TOKEN': dependency?.token ?? '' }
    const archive = await call('GET', `/api/v4/jobs/${jobs.compile}/artifacts`, { headers })
    expect(
      Buffer.from(await archive.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK')

    await succeed(unit)
    await becomes(jobs.notify, 'pending')
    const notify = await take()
    expect(notify).toMatchObject({ id: jobs.notify, steps: [{ script: ['notify'] }] })
    await succeed(notify)
  })

  it('include the resource groups that jobs name', async () => {
    const groups = await query<{ items: unknown[] }>('resourceGroups.list', { projectId: data.left.project })
    expect(groups.items).toEqual([{ name: 'production', mode: 'unordered', heldBy: null, waiting: 0 }])
  })

  it('include artifacts that can be browsed', async () => {
    const browsed = await query('artifacts.browse', { jobId: data.left.jobs.compile, path: 'out/' })
    expect(browsed).toMatchObject({ entries: [{ path: 'out/lantern.txt', size: 5 }] })
  })

  it('include finished jobs that can be retried, and a manual one that can be played', async () => {
    const { jobs } = data.left
    const lint = await mutate<{ id: number }>('jobs.retry', { id: jobs.lint })
    const compile = await mutate<{ id: number }>('jobs.retry', { id: jobs.compile })
    const again = await take()
    expect(again).toMatchObject({ id: lint.id, steps: [{ script: ['make lint'] }] })
    await succeed(again)
    const rich = await take()
    expect(rich).toMatchObject({
      id: compile.id,
      steps: [{ script: ['prepare', 'make'] }, { name: 'after_script', script: ['tidy'] }],
      image: { name: 'alpine:3', entrypoint: ['/bin/sh', '-c'] },
      services: [{ name: 'postgres:16', alias: 'db' }],
      runner_info: { timeout: 1800 },
      cache: [{ key: 'modules-protected', paths: ['modules/'], fallback_keys: ['main-protected'] }],
      artifacts: [{ paths: ['out/'] }, { artifact_type: 'dotenv', paths: ['build.env'] }],
    })
    await succeed(rich)
    await mutate('jobs.play', { id: jobs.publish })
    const played = await take()
    expect(played).toMatchObject({ id: jobs.publish, steps: [{ script: ['publish'] }] })
    await succeed(played)
  })

  it('include events that still reach their webhook', async () => {
    const { webhook, deliveries } = data.left
    await using receiver = await new Receiver().open()
    await mutate('webhooks.update', { id: webhook, url: receiver.url, enabled: true })
    const summary = ({ body }: Received) => `${body.id} ${body.job?.id} ${body.previousStatus} ${body.job?.status}`
    await vi.waitFor(
      () => expect(receiver.received.map(summary)).toEqual(expect.arrayContaining([...deliveries])),
      WAIT,
    )
    const failed = receiver.received.find(({ body }) => body.job?.status === 'failed')
    expect(failed?.body.job).toMatchObject({
      name: 'lint',
      projectPath: 'harbour/lantern',
      ref: 'main',
      exitCode: 3,
      failureReason: 'script_failure',
      runnerDescription: 'old hand',
      finishedAt: expect.stringMatching(/Z$/),
      artifacts: [],
    })
    // The first release made the first attempt.
    await vi.waitFor(async () => {
      const { items } = await query<{ items: Delivery[] }>('webhooks.deliveries', { id: webhook, limit: 100 })
      const old = items.filter(({ key }) => deliveries.some((line) => line.startsWith(key)))
      expect(old).toHaveLength(deliveries.length)
      for (const { attempts } of old) {
        expect(attempts.at(0)?.error).toContain('reach the receiver')
        expect(attempts.at(-1)?.error).toBeNull()
      }
    }, WAIT)
  })
})
