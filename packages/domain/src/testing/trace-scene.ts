import { type Line, linesOf, START } from '@yardmaster/trace-format'
import { traceAppender } from '../execution/append-trace.ts'
import { create, say as report, services, take } from './scene.ts'

const PATCH_BYTES = 1_048_576

/** A running job that writes a log. */
interface WritingJob {
  readonly id: number
  say(text: string | Uint8Array): Promise<void>
  /** Default: it succeeds. */
  finish(state?: 'success' | 'failed'): Promise<void>
}

/** For tests of logs. Returns a job that a runner has just taken. */
export async function takeWriting(): Promise<WritingJob> {
  await create()
  const job = await take()
  const { append } = traceAppender(services)
  let size = 0
  return {
    id: job.id,
    async say(text) {
      const bytes = Buffer.from(text as string)
      for (let at = 0; at < bytes.length; at += PATCH_BYTES) {
        const patch = bytes.subarray(at, at + PATCH_BYTES)
        const appended = await append({ ...job, ipAddress: null, start: size, bytes: patch, debug: false })
        if (!appended.ok) throw new Error(appended.error.kind)
        size += patch.length
      }
    },
    async finish(state = 'success') {
      const ended = await report(job, state)
      if (!ended.ok) throw new Error(ended.error.kind)
      await services.background.settle()
    },
  }
}

/** Returns the id of a job that wrote this log and is over. */
export async function finishedWith(log: string): Promise<number> {
  const job = await takeWriting()
  await job.say(log)
  await job.finish()
  return job.id
}

export const parsed = (log: string): Line[] =>
  linesOf({ state: START, text: log, lines: Number.POSITIVE_INFINITY, changes: [] }, true)
export const sectionStart = (name: string, at: number) => `section_start:${at}:${name}\r\x1b[0K`
export const sectionEnd = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`
