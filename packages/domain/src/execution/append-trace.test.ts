import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { openQuotas } from '../projects/quotas.ts'
import type { Services } from '../services.ts'
import { create, database, find, type Holder, say, services, setUpScene, take } from '../testing/scene.ts'
import { crcOf } from '../traces/checksum.ts'
import { readWindow } from '../traces/read-trace.ts'
import { decodeHint, HINT_BYTES, jobTopic, watchedKey } from '../wakeups/job-events.ts'
import { type TracePatch, traceAppender } from './append-trace.ts'

setUpScene()

let job: Holder
let objectsBefore: number
beforeEach(async () => {
  await create()
  job = await take()
  objectsBefore = (await Array.fromAsync(services.objects.list('traces/'))).length
})

const patchOf = (start: number, text: string | Uint8Array, given: Partial<TracePatch> = {}): TracePatch => ({
  ...{ id: job.id, token: job.token, ipAddress: null, debug: false },
  ...{ start, bytes: Buffer.from(text) },
  ...given,
})
const logOf = async (id = job.id) => (await readWindow(services, id, { from: 0, to: 1_000_000 })).toString()
/** Returns how many objects of logs there are more than before the test. */
async function newObjects(): Promise<number> {
  await services.background.settle()
  return (await Array.fromAsync(services.objects.list('traces/'))).length - objectsBefore
}
const stored = (storedBytes: number) => ({ ok: true, value: { storedBytes, status: 'running', watched: false } })
const refused = (error: object) => ({ ok: false, error })

/** Returns services whose policy or ports differ. */
const withServices = (given: Partial<Services>): Services => ({ ...services, ...given })

describe('a patch', () => {
  it('is appended where the log ends, and is durable when the answer comes', async () => {
    const { append } = traceAppender(services)
    expect(await append(patchOf(0, 'hello '))).toEqual(stored(6))
    expect(await append(patchOf(6, 'world'))).toEqual(stored(11))
    expect(await logOf()).toBe('hello world')
    const pieces = await services.traces.pieces(job.id, 0, 10)
    expect(pieces).toMatchObject({
      storedBytes: 11,
      pieces: [
        { start: 0, end: 6 },
        { start: 6, end: 11 },
      ],
    })
    expect(pieces?.pieces[0]?.crc).toBe(await crcOf(Buffer.from('hello ')))
  })

  it('may go to any process', async () => {
    expect(await traceAppender(services).append(patchOf(0, 'a'))).toEqual(stored(1))
    expect(await traceAppender(services).append(patchOf(1, 'b'))).toEqual(stored(2))
    expect(await logOf()).toBe('ab')
  })

  it('that leaves a gap, or repeats a part, is refused with the offset to resume from', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'hello'))
    for (const start of [6, 3]) {
      expect(await append(patchOf(start, 'xyz'))).toEqual(refused({ kind: 'trace_gap', storedBytes: 5 }))
    }
    expect(await logOf()).toBe('hello')
    expect(await newObjects()).toBe(1)
  })

  it('that is repeated because its answer was lost counts as stored, and stores nothing', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'hello'))
    expect(await append(patchOf(0, 'hello'))).toEqual(stored(5))
    await append(patchOf(5, ' world'))
    expect(await append(patchOf(5, ' world'))).toEqual(stored(11))
    expect(await logOf()).toBe('hello world')
    expect(await newObjects()).toBe(2)
  })

  it('is stored once, however many send it at the same moment', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'hello'))
    const answers = await Promise.all(Array.from({ length: 5 }, () => append(patchOf(5, ' world'))))
    expect(answers).toEqual(answers.map(() => stored(11)))
    expect(await logOf()).toBe('hello world')
    expect(await newObjects()).toBe(2)
  })

  it('of no bytes is accepted, and stores no object', async () => {
    const { append } = traceAppender(services)
    expect(await append(patchOf(0, ''))).toEqual(stored(0))
    expect(await newObjects()).toBe(0)
  })

  it('confirms nothing that could not be stored', async () => {
    const broken = withServices({
      objects: { ...services.objects, put: () => Promise.reject(new Error('the disk is full')) },
    })
    await expect(traceAppender(broken).append(patchOf(0, 'hello'))).rejects.toThrow('the disk is full')
    expect((await find(job.id)).traceSize).toBe(0)
  })

  it('does not show the token of its job, whole or in parts', async () => {
    const { append } = traceAppender(services)
    const text = `token: ${job.token}\n`
    const cut = text.length - 10
    await append(patchOf(0, text.slice(0, cut)))
    await append(patchOf(cut, text.slice(cut)))
    expect(await logOf()).toBe(`token: ${'x'.repeat(job.token.length)}\n`)
  })

  it('of a debug log marks its job', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'a', { debug: true }))
    expect((await find(job.id)).debugTrace).toBe(true)
  })
})

describe('a patch is refused', () => {
  it('without the token of its job, and its real sender is still known without a look at the job', async () => {
    let looks = 0
    const jobs: Services['jobs'] = {
      ...services.jobs,
      credentials(id) {
        looks += 1
        return services.jobs.credentials(id)
      },
    }
    const { admit, append } = traceAppender(withServices({ jobs }))
    await append(patchOf(0, 'a'))
    for (const token of [null, '', 'wrong']) {
      expect(await append(patchOf(1, 'b', { token }))).toEqual(refused({ kind: 'job_refused' }))
      expect(await admit(patchOf(1, 'b', { token }))).toEqual(refused({ kind: 'job_refused' }))
    }
    looks = 0
    expect(await admit(patchOf(1, 'b'))).toMatchObject({ ok: true })
    expect(await append(patchOf(1, 'b'))).toEqual(stored(2))
    expect(looks).toBe(0)
  })

  it('once its job is over, also to a sender that is remembered', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'a'))
    await append(patchOf(1, 'b'))
    await say(job, 'success')
    await services.background.settle()
    expect(await append(patchOf(2, 'c'))).toEqual(refused({ kind: 'job_not_executing', status: 'success' }))
    expect(await logOf()).toBe('ab')
  })

  it('at the limit of one log, and its job fails', async () => {
    const { append } = traceAppender(withServices({ policy: { ...services.policy, maxTraceMib: 1 } }))
    const size = 1_048_576
    const almost = Buffer.alloc(size - 1, 'a')
    expect(await append(patchOf(0, almost))).toEqual(stored(size - 1))
    expect(await append(patchOf(size - 1, 'b'))).toEqual(refused({ kind: 'trace_too_large' }))
    expect(await find(job.id)).toMatchObject({
      ...{ status: 'failed', failureReason: 'trace_size_exceeded', traceSize: size - 1 },
    })
  })
})

describe('the log of a watched job', () => {
  it('asks for frequent reports, and is sent along with the announcement when it is short', async () => {
    const { append } = traceAppender(services)
    await append(patchOf(0, 'before'))
    await services.scratch.set(watchedKey(job.id), '1', 60_000)
    await using events = await services.events.subscribe(jobTopic(job.id))
    expect(await append(patchOf(6, ' after'))).toMatchObject({ value: { watched: true } })
    await append(patchOf(12, Buffer.alloc(HINT_BYTES + 1, 'a')))
    const [short, long] = (await events.wait(0)).hints.map(decodeHint)
    expect(short).toMatchObject({ from: 6, to: 12, status: 'running', bytes: Buffer.from(' after') })
    expect(long).toEqual({ from: 12, to: 12 + HINT_BYTES + 1, status: 'running' })
  })

  it('is announced without its text when it is not watched', async () => {
    await using events = await services.events.subscribe(jobTopic(job.id))
    await traceAppender(services).append(patchOf(0, 'hello'))
    expect((await events.wait(0)).hints.map(decodeHint)).toEqual([{ from: 0, to: 5, status: 'running' }])
  })
})

describe('a log in a project with a storage quota', () => {
  it('counts, together with artifacts, and its job fails when it writes more, keeping what it wrote', async () => {
    const project = await createProject(services, { path: 'append/quota', maxStoredBytes: 1_000 })
    if (!project.ok) throw new Error(project.error.kind)
    await create({}, project.value.id)
    job = await take()
    const quotas = openQuotas(database.stores.usage)
    await quotas.room(project.value.id)
    quotas.note(project.value.id, 900)
    const { append } = traceAppender(withServices({ quotas }))
    expect(await append(patchOf(0, 'a'.repeat(100)))).toEqual(stored(100))
    expect(await append(patchOf(0, 'a'.repeat(100)))).toEqual(stored(100))
    expect(await append(patchOf(100, 'b'))).toEqual(refused({ kind: 'trace_too_large' }))
    expect(await find(job.id)).toMatchObject({
      ...{ status: 'failed', failureReason: 'trace_size_exceeded', traceSize: 100 },
    })
  })

  it('has no limit by default', async () => {
    const { append } = traceAppender(services)
    expect(await append(patchOf(0, 'a'.repeat(200_000)))).toEqual(stored(200_000))
  })
})

describe('a long log', () => {
  it('is merged from time to time, and reads the same', async () => {
    const { append } = traceAppender(services)
    let length = 0
    for (let n = 0; n < 300; n++) {
      const text = `line ${n}\n`
      await append(patchOf(length, text))
      length += text.length
    }
    await services.background.settle()
    expect(await newObjects()).toBeLessThan(300)
    expect(await logOf()).toBe(Array.from({ length: 300 }, (_, n) => `line ${n}\n`).join(''))
  })
})

describe('many patches of many jobs', () => {
  it('need few objects, and leave few pieces of each log', async () => {
    const jobs = [job]
    while (jobs.length < 6) {
      await create()
      jobs.push(await take())
    }
    let puts = 0
    const objects: Services['objects'] = {
      ...services.objects,
      async put(key, body, signal) {
        puts++
        await pause(1)
        return await services.objects.put(key, body, signal)
      },
    }
    const { append } = traceAppender(withServices({ objects }))
    const rounds = 200
    const texts = jobs.map((_, n) => Array.from({ length: rounds }, (_, round) => `job ${n}, line ${round + 100}\n`))
    await Promise.all(
      jobs.map(async ({ id, token }, n) => {
        let start = 0
        for (const text of texts[n] ?? []) {
          expect(await append(patchOf(start, text, { id, token }))).toEqual(stored(start + text.length))
          start += text.length
        }
      }),
    )
    await services.background.settle()
    expect(puts).toBeLessThan(rounds * jobs.length)
    for (const [n, { id }] of jobs.entries()) {
      expect(await logOf(id)).toBe(texts[n]?.join(''))
      expect((await services.traces.pieces(id, 0, 1_000))?.pieces.length).toBeLessThan(100)
    }
  })
})
