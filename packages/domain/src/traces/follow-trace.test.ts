import { afterEach, describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import { cancel, services, setUpScene } from '../testing/scene.ts'
import { finishedWith, takeWriting } from '../testing/trace-scene.ts'
import { watchedKey } from '../wakeups/job-events.ts'
import { followTrace, type TraceEvent } from './follow-trace.ts'

setUpScene()

let stop: AbortController | null = null
afterEach(() => stop?.abort())

async function follow(jobId: number, from = 0, ports: Services = services): Promise<AsyncGenerator<TraceEvent>> {
  stop = new AbortController()
  const followed = await followTrace(ports, { jobId, from, signal: stop.signal })
  if (!followed.ok) throw new Error(followed.error.kind)
  return followed.value
}
const next = async (events: AsyncGenerator<TraceEvent>): Promise<TraceEvent> => {
  const { value, done } = await events.next()
  if (done) throw new Error('no event follows')
  return value
}

/** Reads until the text is this long, or the log is complete. */
async function readUntil(events: AsyncGenerator<TraceEvent>, length: number): Promise<string> {
  let text = ''
  while (text.length < length) {
    const event = await next(events)
    text += event.text
    if (event.complete) break
  }
  return text
}

describe('a follower of a log', () => {
  it('gets all of a finished log, and no more', async () => {
    const events = await follow(await finishedWith('hello'))
    expect(await next(events)).toEqual({
      ...{ from: 0, to: 5, text: 'hello', size: 5, status: 'success', complete: true },
    })
    expect(await events.next()).toEqual({ value: undefined, done: true })
  })

  it('gets an event at once for an empty log, then its growth, then its end', async () => {
    const job = await takeWriting()
    const events = await follow(job.id)
    expect(await next(events)).toEqual({
      ...{ from: 0, to: 0, text: '', size: 0, status: 'running', complete: false },
    })
    await job.say('hello ')
    expect(await next(events)).toMatchObject({ from: 0, to: 6, text: 'hello ', complete: false })
    await job.say('world')
    expect(await next(events)).toMatchObject({ from: 6, to: 11, text: 'world', status: 'running' })
    await job.finish()
    expect(await next(events)).toEqual({
      ...{ from: 11, to: 11, text: '', size: 11, status: 'success', complete: true },
    })
  })

  it('gets a change of the status as well', async () => {
    const job = await takeWriting()
    const events = await follow(job.id)
    await next(events)
    await job.say('x')
    expect(await next(events)).toMatchObject({ text: 'x' })
    await cancel(job.id)
    expect(await next(events)).toMatchObject({ from: 1, text: '', status: 'canceling', complete: false })
  })

  it('resumes from an offset, at the first byte of its character, and waits for one that is not there yet', async () => {
    const job = await takeWriting()
    await job.say('a🚂b')
    expect(await next(await follow(job.id, 5))).toMatchObject({ from: 5, text: 'b' })
    expect(await next(await follow(job.id, 3))).toMatchObject({ from: 1, text: '🚂b' })
    const events = await follow(job.id, 8)
    expect(await next(events)).toMatchObject({ from: 8, to: 8, text: '' })
    await job.say('cdef')
    expect(await readUntil(events, 2)).toBe('ef')
  })

  it('never gets half a character, wherever the log was cut', async () => {
    const job = await takeWriting()
    const bytes = Buffer.from('🚂ü')
    const events = await follow(job.id)
    await next(events)
    const reading = readUntil(events, '🚂ü'.length)
    for (const byte of bytes) await job.say(Buffer.of(byte))
    expect(await reading).toBe('🚂ü')
  })

  it('gets bytes that are no text as replacement characters, also at the very end', async () => {
    const job = await takeWriting()
    await job.say(Buffer.from([0x61, 0xff, 0xf0, 0x9f]))
    await job.finish()
    expect(await next(await follow(job.id))).toMatchObject({ to: 4, text: 'a\uFFFD\uFFFD', complete: true })
  })

  it('gets a long log in pieces of bounded size', async () => {
    const log = 'line\n'.repeat(120_000)
    const events = await follow(await finishedWith(log))
    const pieces: TraceEvent[] = []
    for await (const event of events) pieces.push(event)
    expect(pieces.map(({ text }) => text).join('') === log).toBe(true)
    expect(Math.max(...pieces.map(({ from, to }) => to - from))).toBeLessThanOrEqual(262_144)
    expect(pieces.map(({ complete }) => complete)).toEqual(pieces.map((_, index) => index === pieces.length - 1))
  })

  it('makes the log watched, so that its runner reports often', async () => {
    const job = await takeWriting()
    expect(await services.scratch.get(watchedKey(job.id))).toBeNull()
    await next(await follow(job.id))
    expect(await services.scratch.get(watchedKey(job.id))).not.toBeNull()
  })

  it('reads the log from time to time where no events can be received', async () => {
    const job = await takeWriting()
    const deaf = { ...services.events, healthy: false, subscribe: () => Promise.reject(new Error('no events')) }
    const events = await follow(job.id, 0, { ...services, events: deaf })
    await next(events)
    await job.say('hello')
    expect(await readUntil(events, 5)).toBe('hello')
  })

  it('gets no more once it goes away', async () => {
    const job = await takeWriting()
    const events = await follow(job.id)
    await next(events)
    const waiting = events.next()
    stop?.abort()
    expect(await waiting).toEqual({ value: undefined, done: true })
  })

  it('is refused for a job that is not there', async () => {
    const { signal } = new AbortController()
    expect(await followTrace(services, { jobId: 999_999, from: 0, signal })).toEqual({
      ok: false,
      error: { kind: 'job_not_found', id: 999_999 },
    })
  })
})
