import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawCuts, drawnSeed, drawsOf, RecordedDisk } from '@yardmaster/db/power-cut'
import { describe, expect, it } from 'vitest'
import { compose, type Gateway } from './compose.ts'
import { readConfig } from './config.ts'

const start = (dir: string): Promise<Gateway> =>
  compose(readConfig({ DATA_DIR: dir, PORT: '0', LOG_LEVEL: 'silent' }), new AbortController().signal)

const json = (method: string, body: unknown, token?: string): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
})

/** What the gateway confirmed about one job, and after which disk operation. */
interface Answered {
  readonly id: number
  readonly log: Buffer
  readonly artifact: Buffer
  /** Ends of the pieces of the log that were accepted. */
  readonly pieces: readonly { end: number; at: number }[]
  readonly stored: number
  readonly ended: number
}

/** Runs three jobs at a time on one runner, with concurrent logs and artifacts. */
async function work({ url, adminToken, services }: Gateway, disk: RecordedDisk): Promise<Answered[]> {
  const api = (path: string, init: RequestInit) => fetch(`${url}/api/v4${path}`, init)
  const registered = await api('/runners', json('POST', { token: await services.settings.registrationToken() }))
  expect(registered.status).toBe(201)
  const runner = (await registered.json()) as { token: string }

  async function runJob(number: number): Promise<Answered> {
    const job = { name: `job ${number}`, definition: { script: ['true'] } }
    const created = await fetch(`${url}/trpc/jobs.create`, json('POST', job, adminToken))
    expect(created.status).toBe(200)
    const taken = await api('/jobs/request', json('POST', { token: runner.token }))
    expect(taken.status).toBe(201)
    const { id, token } = (await taken.json()) as { id: number; token: string }

    const log = Buffer.from(`${id} says something\n`.repeat(200 + number * 400))
    const pieces: { end: number; at: number }[] = []
    for (let from = 0, end = 0; from < log.length; from = end) {
      end = Math.min(log.length, from + 700 + ((from * 7) % 9_000))
      const headers = { 'job-token': token, 'content-type': 'text/plain', 'content-range': `${from}-${end - 1}` }
      const patched = await api(`/jobs/${id}/trace`, { method: 'PATCH', body: log.subarray(from, end), headers })
      expect(patched.status).toBe(202)
      pieces.push({ end, at: disk.length })
    }

    const artifact = randomBytes(60_000)
    const form = new FormData()
    form.set('artifact_type', 'archive')
    form.set('artifact_format', 'zip')
    form.set('file', new Blob([artifact]), 'artifact.bin')
    const uploaded = await api(`/jobs/${id}/artifacts`, { method: 'POST', body: form, headers: { 'job-token': token } })
    expect(uploaded.status).toBe(201)
    const stored = disk.length

    const ended = await api(`/jobs/${id}`, json('PUT', { token, state: 'success' }))
    expect(ended.status).toBe(200)
    return { id, log, artifact, pieces, stored, ended: disk.length }
  }
  return await Promise.all([0, 1, 2].map(runJob))
}

async function check({ url, adminToken }: Gateway, jobs: readonly Answered[], cut: number): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}` }
  for (const { id, log, artifact, pieces, stored, ended } of jobs) {
    const accepted = pieces.findLast(({ at }) => at <= cut)?.end ?? 0
    const found = await fetch(`${url}/download/jobs/${id}/trace`, { headers })
    const text = Buffer.from(await found.arrayBuffer())
    if (found.status === 200) {
      expect(text.length, `log of job ${id}`).toBeGreaterThanOrEqual(accepted)
      expect(log.subarray(0, text.length).equals(text), `log of job ${id}`).toBe(true)
    } else expect(accepted, `log of job ${id}: ${found.status}`).toBe(0)

    if (stored <= cut) {
      const downloaded = await fetch(`${url}/download/jobs/${id}/artifacts/archive`, { headers })
      expect(downloaded.status, `artifact of job ${id}`).toBe(200)
      expect(Buffer.from(await downloaded.arrayBuffer()).equals(artifact), `artifact of job ${id}`).toBe(true)
    }
    if (ended <= cut) {
      const shown = await fetch(`${url}/trpc/jobs.get?input=${encodeURIComponent(JSON.stringify({ id }))}`, { headers })
      expect(await shown.json()).toMatchObject({ result: { data: { status: 'success' } } })
    }
  }
}

describe('a gateway with nothing configured', () => {
  it('starts after a power cut at any moment and has everything it confirmed', { timeout: 900_000 }, async () => {
    const seed = drawnSeed()
    const draw = drawsOf(seed)
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-'))
    const [dir, image] = [join(folder, 'data'), join(folder, 'image')]
    try {
      await mkdir(dir)
      using disk = new RecordedDisk(dir, { flushMs: 20 })
      let begun: number
      let jobs: readonly Answered[]
      {
        await using gateway = await start(dir)
        begun = disk.length
        jobs = await work(gateway, disk)
      }
      disk[Symbol.dispose]()
      const worked = Math.max(...jobs.map(({ ended }) => ended))

      // One in the first start, before anything was confirmed; the others right after an answer, when the least of its
      // data may be on disk.
      const answers = jobs.flatMap(({ pieces, stored }) => [...pieces.map(({ at }) => at), stored])
      const drawn = answers[Math.floor(draw() * answers.length)] ?? begun
      const cuts = [...drawCuts(draw, 1, 0, begun), drawn, worked]
      for await (const cut of disk.cuts(cuts, draw, image)) {
        const seen = `POWER_CUT_SEED=${seed}, after operation ${cut} of ${disk.length}`
        await using again = await start(image).catch((error) => {
          throw new Error(`It does not start: ${seen}`, { cause: error })
        })
        await check(again, jobs, cut).catch((error) => {
          throw new Error(`Something is missing: ${seen}`, { cause: error })
        })
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
