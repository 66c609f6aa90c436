import type { LineWindow, TraceLines, TraceOutline, TraceSearch } from '@yardmaster/domain/traces'
import { type Line, linesOf, START } from '@yardmaster/trace-format'
import { afterAll, beforeAll, expect } from 'vitest'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

const PATCH_BYTES = 1_048_576

export let gateway: TestGateway
let runner: { token: string }

/** Gives a test file of logs a gateway of its own, and a runner that takes every job. */
export function setUpTraceScene(): void {
  beforeAll(async () => {
    gateway = await startTestGateway()
    runner = await gateway.register()
  })
  afterAll(() => gateway[Symbol.asyncDispose]())
}

export interface Taken {
  readonly id: number
  say(text: string | Uint8Array): Promise<void>
  finish(): Promise<void>
}

export async function takeJob(): Promise<Taken> {
  await gateway.admin('mutation', 'jobs.create', { name: 'job', definition: { script: ['true'] } })
  const { body } = await gateway.post('/jobs/request', { token: runner.token, info: {} })
  const { id, token } = body as { id: number; token: string }
  let size = 0
  return {
    id,
    async say(text) {
      const bytes = Buffer.from(text as string)
      for (let at = 0; at < bytes.length; at += PATCH_BYTES) {
        const patch = bytes.subarray(at, at + PATCH_BYTES)
        const { status } = await gateway.call('PATCH', `/api/v4/jobs/${id}/trace`, {
          body: patch,
          headers: { 'job-token': token, 'content-range': `${size}-${size + patch.length - 1}` },
        })
        expect(status).toBe(202)
        size += patch.length
      }
    },
    async finish() {
      const { status } = await gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })
      expect(status).toBe(200)
      await gateway.services.background.settle()
    },
  }
}

export async function finished(log: string): Promise<number> {
  const job = await takeJob()
  await job.say(log)
  await job.finish()
  return job.id
}

/** Asks again until the answer is complete: on a busy machine the first one may come before the log is indexed. */
async function askUntil<T>(isComplete: (answer: T) => boolean, path: string, input: unknown): Promise<T> {
  for (;;) {
    const answer = await gateway.admin<T>('query', path, input)
    if (isComplete(answer)) return answer
  }
}

export const lines = (input: Record<string, unknown>) =>
  askUntil<TraceLines>(({ totalLines }) => totalLines !== null, 'traces.lines', input)
export const outline = (jobId: number) =>
  askUntil<TraceOutline>(({ totalLines }) => totalLines !== null, 'traces.outline', { jobId })
export const search = (input: Record<string, unknown>) =>
  askUntil<TraceSearch>(({ timedOut, totalLines }) => !timedOut && totalLines !== null, 'traces.search', input)

export function parse(window: LineWindow | null): Line[] {
  if (!window) throw new Error('no such lines')
  return linesOf(window, false)
}
export const parsed = (log: string): Line[] =>
  linesOf({ state: START, text: log, lines: Number.POSITIVE_INFINITY, changes: [] }, true)

export const start = (name: string, at: number) => `section_start:${at}:${name}\r\x1b[0K`
export const end = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`

/** A log with styles, sections and multi-byte characters, so that each line depends on the text before it. */
export const LOG = Array.from({ length: 3_000 }, (_, turn) => {
  const section = turn % 50 === 0 ? `${turn > 0 ? end(`s${turn - 50}`, turn) : ''}${start(`s${turn}`, turn)}` : ''
  const style = turn % 7 === 0 ? `\x1b[${31 + (turn % 3)}m` : ''
  return `${section}${style}Zeile ${turn + 1} ${'🚂'.repeat(turn % 30)}\n`
}).join('')
