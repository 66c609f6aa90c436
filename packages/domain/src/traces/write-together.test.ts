import { beforeEach, describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import { create, database, services, setUpScene, take } from '../testing/scene.ts'
import { crcOf } from './checksum.ts'
import { readWindow } from './read-trace.ts'
import { type NewBytes, traceWriter } from './write-together.ts'

setUpScene()

type Put = Services['objects']['put']

/** An object store whose writes wait until they are let through. */
function slowObjects() {
  const begun: { key: string; bytes: number; go: () => void; fail: (error: Error) => void }[] = []
  let calls = 0
  const put: Put = async (key, body, signal) => {
    calls++
    const gate = Promise.withResolvers<void>()
    begun.push({ key, bytes: (body as Uint8Array).length, go: gate.resolve, fail: gate.reject })
    await gate.promise
    return await services.objects.put(key, body, signal)
  }
  return {
    objects: { ...services.objects, put },
    begun,
    get calls() {
      return calls
    },
    /** Waits for so many writes to have begun, ever. */
    async until(count: number) {
      await expect.poll(() => calls, { interval: 5 }).toBe(count)
    },
  }
}

/** Counts the statements that move lengths of logs. */
function countedTraces() {
  const counts = { advance: 0, advanceTogether: 0 }
  const traces: Services['traces'] = {
    ...services.traces,
    advance(append) {
      counts.advance++
      return services.traces.advance(append)
    },
    advanceTogether(object, appends) {
      counts.advanceTogether++
      return services.traces.advanceTogether(object, appends)
    },
  }
  return { traces, counts }
}

let jobs: number[]
beforeEach(async () => {
  jobs = []
  for (let n = 0; n < 6; n++) {
    await create()
    jobs.push((await take()).id)
  }
})
const job = (n: number): number => jobs[n] ?? 0

const bytesFor = async (jobId: number, text: string, start = 0) => {
  const bytes = Buffer.from(text)
  return { jobId, start, bytes, crc: await crcOf(bytes) }
}
const logOf = async (id: number) => (await readWindow(services, id, { from: 0, to: 10_000_000 })).toString()
const written = (storedBytes: number) => ({ storedBytes, status: 'running' })

/** Opens a writer, which writes something at once. */
async function openWriter(given: Partial<Services> = {}) {
  const write = traceWriter({ ...services, ...given })
  await create()
  const { id } = await take()
  const first = write(await bytesFor(id, 'first'))
  return { write, first, id }
}

/** Writes these bytes as one object: they arrive while two others are being written. */
async function writeGroup(
  slow: ReturnType<typeof slowObjects>,
  group: readonly NewBytes[],
  given: Partial<Services> = {},
) {
  const { write, first } = await openWriter({ ...given, objects: slow.objects })
  const second = write(await bytesFor(job(5), 'second'))
  await slow.until(2)
  const answers = group.map(write)
  for (const { go } of slow.begun) go()
  await slow.until(3)
  slow.begun[2]?.go()
  await Promise.all([first, second])
  return await Promise.all(answers)
}

describe('writing bytes of logs', () => {
  it('writes those together that arrive while others are being written, and answers none before', async () => {
    const slow = slowObjects()
    const { traces, counts } = countedTraces()
    const write = traceWriter({ ...services, traces, objects: slow.objects })
    const answered: number[] = []
    const all = await Promise.all(jobs.map((id, n) => bytesFor(id, `job ${n}`)))
    const answers = all.map(async (bytes, n) => {
      const answer = await write(bytes)
      answered.push(n)
      return answer
    })
    await slow.until(2)
    expect(answered).toEqual([])
    slow.begun[0]?.go()
    // The other four are one object.
    await slow.until(3)
    expect(slow.begun[2]?.bytes).toBe(4 * 'job 0'.length)
    await expect.poll(() => answered, { interval: 5 }).toEqual([0])
    slow.begun[2]?.go()
    await expect.poll(() => answered, { interval: 5 }).toHaveLength(5)
    slow.begun[1]?.go()
    expect(await Promise.all(answers)).toEqual(jobs.map(() => written(5)))
    expect(slow.calls).toBe(3)
    expect(counts.advance + counts.advanceTogether).toBe(3)
    for (const [n, id] of jobs.entries()) expect(await logOf(id)).toBe(`job ${n}`)
  })

  it('gives each its own outcome', async () => {
    const slow = slowObjects()
    const { write, first } = await openWriter({ objects: slow.objects })
    const second = write(await bytesFor(job(0), 'second'))
    await slow.until(2)
    const over = job(1)
    await services.jobs.finish(over, {
      ...{ event: 'success', failureReason: null, exitCode: null },
      trace: { size: 0, crc: 0, invalid: false, corrupted: false },
    })
    const group = [
      write(await bytesFor(job(2), 'fine')),
      write(await bytesFor(job(3), 'gap', 7)),
      write(await bytesFor(over, 'late')),
      write(await bytesFor(999_999, 'nowhere')),
      write(await bytesFor(job(4), '')),
      write(await bytesFor(job(5), 'also fine')),
    ]
    for (const { go } of slow.begun) go()
    await slow.until(3)
    slow.begun[2]?.go()
    expect(await Promise.all([first, second, ...group])).toEqual([
      ...[written(5), written(6)],
      ...[written(4), null, null, null, written(0), written(9)],
    ])
    expect(await logOf(job(5))).toBe('also fine')
    expect((await services.traces.pieces(job(5), 0, 10))?.pieces).toMatchObject([{ segment: { offset: 18 } }])
  })

  it('lets a second patch of the same job wait for the first, and continues where that ends', async () => {
    const slow = slowObjects()
    const write = traceWriter({ ...services, objects: slow.objects })
    const answers = [write(await bytesFor(job(0), 'one ')), write(await bytesFor(job(0), 'two ', 4))]
    await slow.until(1)
    answers.push(write(await bytesFor(job(1), 'other')))
    await slow.until(2)
    slow.begun[1]?.go()
    expect(await answers[2]).toEqual(written(5))
    expect(slow.calls).toBe(2)
    slow.begun[0]?.go()
    await slow.until(3)
    slow.begun[2]?.go()
    expect(await Promise.all(answers)).toEqual([written(4), written(8), written(5)])
    expect(await logOf(job(0))).toBe('one two ')
  })

  it('fails all of a group whose object cannot be stored, and none of them is confirmed', async () => {
    const slow = slowObjects()
    const { write, first } = await openWriter({ objects: slow.objects })
    const second = write(await bytesFor(job(0), 'second'))
    await slow.until(2)
    const group = [write(await bytesFor(job(1), 'a')), write(await bytesFor(job(2), 'b'))]
    for (const { go } of slow.begun) go()
    await slow.until(3)
    slow.begun[2]?.fail(new Error('the disk is full'))
    const outcomes = await Promise.allSettled(group)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await Promise.all([first, second])).toEqual([written(5), written(6)])
    expect([await logOf(job(1)), await logOf(job(2))]).toEqual(['', ''])
    const again = write(await bytesFor(job(1), 'a'))
    await slow.until(4)
    slow.begun[3]?.go()
    expect(await again).toEqual(written(1))
  })

  it('fails all of a group whose statement fails, and keeps its object: it may have been committed', async () => {
    let failing = true
    const traces: Services['traces'] = {
      ...services.traces,
      async advanceTogether(object, appends) {
        const done = await services.traces.advanceTogether(object, appends)
        if (failing && appends.length > 1) throw new Error('the connection broke')
        return done
      },
    }
    const slow = slowObjects()
    const { write, first } = await openWriter({ objects: slow.objects, traces })
    const second = write(await bytesFor(job(0), 'second'))
    await slow.until(2)
    const group = [write(await bytesFor(job(1), 'a')), write(await bytesFor(job(2), 'b'))]
    for (const { go } of slow.begun) go()
    await slow.until(3)
    slow.begun[2]?.go()
    const outcomes = await Promise.allSettled(group)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await Promise.all([first, second])
    failing = false
    // It was committed: the runner finds out when it repeats the patch.
    expect([await logOf(job(1)), await logOf(job(2))]).toEqual(['a', 'b'])
  })

  it('has two objects under way at most, and writes a large patch at once, on its own', async () => {
    const slow = slowObjects()
    const write = traceWriter({ ...services, objects: slow.objects })
    const answers = await Promise.all(jobs.slice(0, 4).map((id) => bytesFor(id, 'small'))).then((all) => all.map(write))
    await slow.until(2)
    const large = write(await bytesFor(job(4), 'x'.repeat(262_144)))
    await slow.until(3)
    expect(slow.begun[2]?.key).toMatch(new RegExp(`^traces/${job(4)}/0-`))
    slow.begun[2]?.go()
    expect(await large).toEqual(written(262_144))
    for (const { go } of slow.begun) go()
    await slow.until(4)
    slow.begun[3]?.go()
    expect(await Promise.all(answers)).toEqual(answers.map(() => written(5)))
  })

  it('cuts a group where it would be too large', async () => {
    const slow = slowObjects()
    const { write, first } = await openWriter({ objects: slow.objects })
    const second = write(await bytesFor(job(0), 'second'))
    await slow.until(2)
    const group = await Promise.all(jobs.slice(1).map((id) => bytesFor(id, 'y'.repeat(250_000))))
    const answers = group.map(write)
    for (const { go } of slow.begun) go()
    await slow.until(4)
    expect(new Set(slow.begun.slice(2).map(({ bytes }) => bytes))).toEqual(new Set([1_000_000, 250_000]))
    for (const { go } of slow.begun) go()
    expect(await Promise.all([...answers, first, second])).toHaveLength(7)
  })

  it('makes up for a job whose row was locked, in the same segment', async () => {
    const traces: Services['traces'] = {
      ...services.traces,
      async advanceTogether(object, appends) {
        const passed = appends.filter(({ jobId }) => jobId !== job(0))
        const done = await services.traces.advanceTogether(object, [...passed, { ...PHANTOM, offset: 0 }])
        if (done === 'swept') return done
        const outcomes = appends.map(({ jobId }) => {
          const at = passed.findIndex((append) => append.jobId === jobId)
          return at === -1 ? 'locked' : (done.outcomes[at] ?? null)
        })
        return { ...done, outcomes }
      },
    }
    const group = [await bytesFor(job(1), 'other'), await bytesFor(job(0), 'waited')]
    expect(await writeGroup(slowObjects(), group, { traces })).toEqual([written(5), written(6)])
    expect(await logOf(job(0))).toBe('waited')
    expect((await services.traces.pieces(job(0), 0, 1))?.pieces).toMatchObject([{ segment: { offset: 5 } }])
  })

  it('writes each on its own when the time of the object has passed', async () => {
    const traces: Services['traces'] = {
      ...services.traces,
      async advanceTogether(object, appends) {
        await database.db.query("update stray_objects set remove_after = now() - interval '1 second'")
        return await services.traces.advanceTogether(object, appends)
      },
    }
    const slow = slowObjects()
    const writing = writeGroup(slow, [await bytesFor(job(0), 'late'), await bytesFor(job(1), 'later')], { traces })
    await slow.until(5)
    for (const { go } of slow.begun) go()
    expect(await writing).toEqual([written(4), written(5)])
    for (const n of [0, 1]) {
      expect((await services.traces.pieces(job(n), 0, 1))?.pieces).toMatchObject([{ segment: null }])
    }
  })

  it('writes a patch that is alone as an object of its log', async () => {
    const { first, id } = await openWriter()
    expect(await first).toEqual(written(5))
    expect((await services.traces.pieces(id, 0, 1))?.pieces).toMatchObject([{ segment: null }])
  })

  it('leaves nothing that no row names, also of patches that were refused', async () => {
    const gaps = [await bytesFor(job(0), 'gap', 3), await bytesFor(job(1), 'gap', 4)]
    expect(await writeGroup(slowObjects(), gaps)).toEqual([null, null])
    const { write, first } = await openWriter()
    await first
    expect(await write(await bytesFor(job(0), 'gap', 3))).toBeNull()
    expect(await write(await bytesFor(job(1), 'kept'))).toEqual(written(4))
    await services.background.settle()
    const named = await database.db.query<{ key: string }>(
      'select object_key as key from trace_pieces union select object_key from trace_segments',
    )
    const keys = (await Array.fromAsync(services.objects.list('traces/'))).map(({ key }) => key)
    expect(keys.filter((key) => !named.some((row) => row.key === key))).toEqual([])
  })
})

/** No job has it, so that it counts as locked. */
const PHANTOM = { jobId: 2_000_000_000, start: 0, end: 1, crc: 0 }
