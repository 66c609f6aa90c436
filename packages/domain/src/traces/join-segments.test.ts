import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { expireArtifacts } from '../artifacts/expire-artifacts.ts'
import { eraseJob } from '../execution/erase-job.ts'
import type { Services } from '../services.ts'
import { create, database, type Holder, say, services, setUpScene, take } from '../testing/scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { crcOf } from './checksum.ts'
import { joinSegments, tidySegments } from './join-segments.ts'
import { readWindow } from './read-trace.ts'
import { announceObjects, segmentKey } from './segment-keys.ts'

setUpScene()

const MINUTE = 60_000
const later = (ms: number) => steadyClock(() => new Date(Date.now() + ms))

let jobs: Holder[]
let texts: Map<number, string>
beforeEach(async () => {
  await arrange(database.db, 'delete from trace_pieces; delete from trace_segments; delete from stray_objects')
  await services.objects.delete((await Array.fromAsync(services.objects.list('traces/'))).map(({ key }) => key))
  jobs = []
  texts = new Map()
  for (let n = 0; n < 3; n++) {
    await create()
    jobs.push(await take())
  }
})
const job = (n: number): Holder => jobs[n] ?? { id: 0, token: '' }

/** Writes one segment in which each of these jobs has these texts. */
async function writeSegment(added: readonly (readonly [id: number, text: string])[]): Promise<void> {
  const key = segmentKey()
  await announceObjects(services, [key])
  const all = Buffer.from(added.map(([, text]) => text).join(''))
  await services.objects.put(key, all)
  let offset = 0
  const appends: Parameters<Services['traces']['advanceTogether']>[1][number][] = []
  for (const [jobId, text] of added) {
    const start = (texts.get(jobId) ?? '').length
    appends.push({ jobId, start, end: start + text.length, offset, crc: await crcOf(Buffer.from(text)) })
    texts.set(jobId, (texts.get(jobId) ?? '') + text)
    offset += text.length
  }
  const done = await services.traces.advanceTogether({ key, bytes: all.length }, appends)
  if (done === 'swept' || done.outcomes.some((outcome) => outcome === null || outcome === 'locked')) {
    throw new Error(JSON.stringify(done))
  }
}

const writeMany = async (count: number, text: (n: number) => string = (n) => `line ${n}\n`) => {
  for (let n = 0; n < count; n++) await writeSegment(jobs.map(({ id }) => [id, `${id}: ${text(n)}`] as const))
}

const piecesOf = async (id: number) => (await services.traces.pieces(id, 0, 1_000))?.pieces ?? []
const expectLogs = async (of = jobs) => {
  for (const { id } of of) {
    const text = (await readWindow(services, id, { from: 0, to: Number.MAX_SAFE_INTEGER })).toString()
    // Not compared by the test library, which would print megabytes.
    expect([text.length, text === texts.get(id)]).toEqual([texts.get(id)?.length, true])
  }
}
const keysOf = async (query: string) =>
  (await database.db.query<{ key: string }>(query)).map(({ key }) => key).sort((a, b) => a.localeCompare(b))
const stored = async () =>
  (await Array.fromAsync(services.objects.list('traces/'))).map(({ key }) => key).sort((a, b) => a.localeCompare(b))
/** Every object is named, and every row has its object. */
const expectNoLitter = async () =>
  expect(await stored()).toEqual(
    await keysOf('select object_key as key from trace_pieces union select object_key from trace_segments'),
  )

describe('joining small segments', () => {
  it('waits until there are many, and makes one segment in which each log has one piece', async () => {
    await writeMany(31)
    await joinSegments(services)
    expect(await stored()).toHaveLength(31)
    await writeMany(1)
    await joinSegments(services)
    expect(await stored()).toHaveLength(1)
    for (const { id } of jobs) expect(await piecesOf(id)).toMatchObject([{ start: 0, segment: {} }])
    await expectLogs()
    await expectNoLitter()
    expect(await keysOf('select object_key as key from stray_objects')).toEqual([])
  })

  it('keeps checksums right', async () => {
    await writeMany(32)
    await joinSegments(services)
    const [piece] = await piecesOf(job(1).id)
    expect(piece?.crc).toBe(await crcOf(Buffer.from(texts.get(job(1).id) ?? '')))
  })

  it('joins what was joined with others like it, and a long log has few pieces', async () => {
    for (let n = 0; n < 3; n++) {
      await writeMany(32)
      await joinSegments(services)
    }
    expect(await piecesOf(job(0).id)).toHaveLength(3)
    await database.db.query('update trace_segments set level = 0')
    await writeMany(29)
    await joinSegments(services)
    expect(await piecesOf(job(0).id)).toHaveLength(1)
    await expectLogs()
    await expectNoLitter()
  })

  it('gives a log with much in them an object of its own', async () => {
    for (let n = 0; n < 32; n++) {
      await writeSegment([
        [job(0).id, `${n}`.repeat(10_000)],
        [job(1).id, `${n}`],
      ])
    }
    await joinSegments(services)
    expect(await piecesOf(job(0).id)).toMatchObject([{ start: 0, segment: null }])
    expect(await piecesOf(job(1).id)).toMatchObject([{ start: 0, segment: { offset: 0 } }])
    await expectLogs(jobs.slice(0, 2))
    await expectNoLitter()
  })

  it('rewrites large segments in several portions', async () => {
    for (let n = 0; n < 32; n++) await writeSegment(jobs.map(({ id }) => [id, `${n % 10}`.repeat(250_000)] as const))
    await joinSegments(services)
    for (const { id } of jobs) {
      const pieces = await piecesOf(id)
      expect(pieces.length).toBeLessThan(8)
      expect(pieces.every(({ segment }) => segment === null)).toBe(true)
    }
    await expectLogs()
    await expectNoLitter()
  })

  it('leaves alone what changed meanwhile, and what another process has taken', async () => {
    await writeMany(32)
    const taken = Promise.withResolvers<void>()
    const put: Services['objects']['put'] = async (key, body, signal) => {
      taken.resolve()
      const done = await services.objects.put(key, body, signal)
      await say(job(0), 'success')
      await services.background.settle()
      return done
    }
    const joining = joinSegments({ ...services, objects: { ...services.objects, put } })
    await taken.promise
    await Promise.all([joining, joinSegments(services)])
    expect(await piecesOf(job(0).id)).toMatchObject([{ start: 0, segment: null }])
    expect(await piecesOf(job(1).id)).toHaveLength(1)
    await expectLogs()
    await expectNoLitter()
  })

  it('is done once when two processes begin at the same moment', async () => {
    await writeMany(32)
    await Promise.all([joinSegments(services), joinSegments(services)])
    for (const { id } of jobs) expect(await piecesOf(id)).toHaveLength(1)
    await expectLogs()
    await expectNoLitter()
  })
})

describe('tidying segments', () => {
  it('rewrites a segment of which bytes belong to no log any more, five minutes later at most', async () => {
    await writeMany(2)
    await say(job(0), 'success')
    await services.background.settle()
    const before = await stored()
    const [written] = await database.db.query<{ due: Date }>('select min(check_at) as due from trace_segments')
    const due = written?.due.getTime() ?? 0
    await tidySegments({ ...services, clock: steadyClock(() => new Date(due - 1)) })
    expect(await stored()).toEqual(before)
    await tidySegments({ ...services, clock: later(6 * MINUTE) })
    const [shared, ...others] = (await stored()).filter((key) => key.startsWith('traces/segments/'))
    expect(others).toEqual([])
    const bytes = Buffer.concat(await Array.fromAsync((await services.objects.get(shared ?? '')) ?? []))
    expect(bytes.toString()).toBe(`${texts.get(job(1).id)}${texts.get(job(2).id)}`)
    await expectLogs()
    await expectNoLitter()
  })

  it('leaves a segment that is used up to its last byte', async () => {
    await writeMany(2)
    const before = await stored()
    await tidySegments({ ...services, clock: later(6 * MINUTE) })
    expect(await stored()).toEqual(before)
  })

  it('removes an erased log’s bytes with the next sweep', async () => {
    await writeMany(1)
    const [{ id }] = jobs as [Holder]
    await arrange(database.db, "update jobs set status = 'success', finished_at = now() where id = $1", [id])
    expect(await eraseJob(services, id)).toMatchObject({ ok: true })
    await services.background.settle()
    await tidySegments({ ...services, clock: later(1_000) })
    for (const key of await stored()) {
      const bytes = Buffer.concat(await Array.fromAsync((await services.objects.get(key)) ?? []))
      expect(bytes.toString()).not.toContain(`${id}: `)
    }
    await expectLogs(jobs.slice(1))
  })

  it('removes a segment that a crash left without any piece', async () => {
    await writeMany(1)
    await arrange(database.db, 'delete from trace_pieces')
    await tidySegments({ ...services, clock: later(6 * MINUTE) })
    expect(await stored()).toEqual([])
    expect(await keysOf('select object_key as key from stray_objects')).toEqual([])
  })

  it('leaves a segment whose object is missing, and rewrites the others', async () => {
    await writeMany(3)
    await say(job(0), 'success')
    await services.background.settle()
    const [damaged] = await services.traces.takeDueSegments(new Date(Date.now() + 6 * MINUTE), 1)
    await services.objects.delete([damaged?.key ?? ''])
    await tidySegments({ ...services, clock: later(12 * MINUTE) })
    const { pieces = [] } = (await services.traces.pieces(job(1).id, 0, 10)) ?? {}
    expect(pieces).toHaveLength(2)
    expect(pieces[0]?.segment?.id).toBe(damaged?.id)
  })
})

/** They change nothing. */
const READS = ['get', 'pieces', 'piecesIn']

/** Returns services in which every call after the first `calls` that change something fails. */
function dyingAfter(calls: number): { services: Services; isDead: () => boolean } {
  let left = calls
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || READS.some((read) => read === name)) return member
        return (...given: unknown[]) => {
          if (--left < 0) throw new Error('the process died')
          return Reflect.apply(member, target, given)
        }
      },
    })
  const { traces, objects, artifacts } = services
  const dying = { ...services, traces: mortal(traces), objects: mortal(objects), artifacts: mortal(artifacts) }
  return { services: dying, isDead: () => left < 0 }
}

describe('a process that dies', () => {
  it('while it joins or tidies, at any point, loses no byte and leaves nothing for ever', async () => {
    let survived = false
    for (let calls = 0; !survived; calls++) {
      await writeMany(32)
      await writeSegment([[job(0).id, 'z'.repeat(262_144)]])
      const { services: dying, isDead } = dyingAfter(calls)
      const clock = later(6 * MINUTE * (calls + 1))
      await joinSegments(dying).catch(() => undefined)
      await tidySegments({ ...dying, clock }).catch(() => undefined)
      survived = !isDead()
      await expectLogs()
      await tidySegments({ ...services, clock: later(6 * MINUTE * (calls + 2)) })
      await expireArtifacts({ ...services, clock: later(1_000 * 60 * MINUTE) })
      await expectLogs()
      await expectNoLitter()
    }
  })
})
