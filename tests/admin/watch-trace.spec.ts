import { Admin } from '../support/admin.ts'
import type { TraceEvent } from '../support/api.ts'
import { expect, test } from '../support/fixtures.ts'
import type { TakenJob } from '../support/taken-job.ts'

const LOG = 'Grüße\n世界 🚂\nend\n'

/** Collects all events until the stream ends by itself. */
async function all(events: AsyncGenerator<TraceEvent>): Promise<TraceEvent[]> {
  const seen: TraceEvent[] = []
  for await (const event of events) seen.push(event)
  return seen
}

const textOf = (events: readonly TraceEvent[]): string => events.map(({ text }) => text).join('')

/** Expects each event to start where the previous one ended, and its id to be where the next one starts. */
function expectSeamless(events: readonly TraceEvent[], from: number): void {
  let at = from
  for (const event of events) {
    expect(event.from).toBe(at)
    at += Buffer.byteLength(event.text)
    expect(event.id).toBe(String(at))
  }
}

async function finished(job: TakenJob, log: string): Promise<void> {
  if (log) await job.say(log)
  await job.finish('success')
}

test('a finished job’s log comes at once, whole and complete, and the stream ends', async ({ takenJob, admin }) => {
  await finished(takenJob, LOG)
  const events = await all(admin.watchTrace(takenJob.id))
  expect(textOf(events)).toBe(LOG)
  expectSeamless(events, 0)
  expect(events.at(-1)).toMatchObject({ complete: true, status: 'success', size: Buffer.byteLength(LOG) })
  expect(events.slice(0, -1).every(({ complete }) => !complete)).toBe(true)
})

test('a finished job without a log is one complete event', async ({ takenJob, admin }) => {
  await finished(takenJob, '')
  const events = await all(admin.watchTrace(takenJob.id))
  expect(events).toEqual([{ id: '0', from: 0, text: '', size: 0, status: 'success', complete: true }])
})

test('the first event of an empty log comes at once, even before a runner takes the job', async ({
  createJob,
  admin,
}) => {
  const id = await createJob()
  const events = admin.watchTrace(id)
  expect((await events.next()).value).toMatchObject({ from: 0, text: '', size: 0, status: 'pending', complete: false })
  await events.return(undefined)
})

for (const form of ['number', 'text'] as const) {
  test(`from any byte, as a ${form}: inside a character it starts at its first byte`, async ({ takenJob, admin }) => {
    await finished(takenJob, LOG)
    const bytes = Buffer.from(LOG)
    for (let from = 0; from <= bytes.length; from++) {
      let start = from
      // Continuation bytes are 10xxxxxx.
      while (start > 0 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1
      const events = await all(admin.watchTrace(takenJob.id, { from: form === 'text' ? String(from) : from }))
      expect([from, events[0]?.from, textOf(events)]).toEqual([from, start, bytes.subarray(start).toString()])
      expect(events.at(-1)?.complete).toBe(true)
    }
  })
}

test('past the end of a finished log the stream ends with complete', async ({ takenJob, admin }) => {
  await finished(takenJob, LOG)
  const events = await all(admin.watchTrace(takenJob.id, { from: 10_000 }))
  expect(events.at(-1)).toMatchObject({ complete: true, text: '' })
  expect(textOf(events)).toBe('')
})

test('past the end of a growing log the stream waits for the log to get there', async ({ takenJob, admin }) => {
  await takenJob.say('0123456789')
  const reading = all(admin.watchTrace(takenJob.id, { from: 15 }))
  await takenJob.say('abcdefghij')
  await takenJob.say('klm')
  await takenJob.finish('success')
  expect(textOf(await reading)).toBe('fghijklm')
})

test('a follower sees everything once, in order, while it grows in odd pieces', async ({ takenJob, admin }) => {
  const reading = all(admin.watchTrace(takenJob.id))
  const bytes = Buffer.from(Array.from({ length: 60 }, (_, line) => `${line}: Grüße 世界 🚂\n`).join(''))
  // Pieces of seven bytes cut most of the characters in two.
  for (let at = 0; at < bytes.length; at += 7) await takenJob.say(bytes.subarray(at, at + 7))
  await takenJob.finish('success')
  const events = await reading
  expect(textOf(events)).toBe(bytes.toString())
  expectSeamless(events, 0)
  expect(textOf(events)).not.toContain('\uFFFD')
  expect(events.at(-1)).toMatchObject({ complete: true, status: 'success' })
})

test('twelve followers that come at different times all see the same', async ({ takenJob, admin }) => {
  const readers: Promise<TraceEvent[]>[] = []
  for (let line = 0; line < 12; line++) {
    readers.push(all(admin.watchTrace(takenJob.id)))
    await takenJob.say(`line ${line}\n`)
  }
  await takenJob.finish('failed', { exitCode: 1 })
  for (const events of await Promise.all(readers)) {
    expect(textOf(events)).toBe(takenJob.log.toString())
    expectSeamless(events, 0)
    expect(events.at(-1)).toMatchObject({ complete: true, status: 'failed' })
  }
})

test('a follower that reads slowly misses nothing of 8 MiB, and does not delay the others', async ({
  takenJob,
  admin,
}) => {
  const slow = admin.watchTrace(takenJob.id)
  const seen: TraceEvent[] = []
  const first = await slow.next()
  if (!first.done) seen.push(first.value)
  // Nothing is read meanwhile, so the connection fills up.
  const line = `${'x'.repeat(127)}\n`
  await takenJob.say(line.repeat(65_536))
  expect((await takenJob.finish('success')).status).toBe(200)
  seen.push(...(await all(slow)))
  expect(Buffer.byteLength(textOf(seen))).toBe(8_388_608)
  expectSeamless(seen, 0)
})

for (const [how, resume] of [
  ['as browsers do, in the header', (id: string) => ({ lastEventIdHeader: id })],
  ['in the input, as text', (id: string) => ({ lastEventId: id })],
  ['in the input, as a number', (id: string) => ({ lastEventId: Number(id) })],
  ['in the input, where it takes precedence over from', (id: string) => ({ lastEventId: id, from: 0 })],
] as const) {
  test(`a broken connection is resumed ${how}, with no gap and no repeat`, async ({ takenJob, admin }) => {
    await takenJob.say('one ü\n')
    const seen: TraceEvent[] = []
    const broken = admin.watchTrace(takenJob.id)
    const first = await broken.next()
    if (!first.done) seen.push(first.value)
    await broken.return(undefined)

    await takenJob.say('two 🚂\n')
    const resumed = all(admin.watchTrace(takenJob.id, resume(seen.at(-1)?.id ?? '')))
    await takenJob.say('three\n')
    await takenJob.finish('success')
    seen.push(...(await resumed))
    expect(textOf(seen)).toBe('one ü\ntwo 🚂\nthree\n')
    expectSeamless(seen, 0)
  })
}

test('invalid UTF-8 comes as U+FFFD, and offsets count stored bytes', async ({ takenJob, admin }) => {
  await takenJob.say(Buffer.from([0x61, 0xff, 0x62, 0xf0, 0x9f]))
  await takenJob.finish('success')
  const events = await all(admin.watchTrace(takenJob.id))
  expect(textOf(events)).toMatch(/^a\uFFFDb\uFFFD+$/)
  expect(events.at(-1)).toMatchObject({ id: '5', size: 5, complete: true })
})

test('a changed status is sent, even without output', async ({ createJob, runner, admin }) => {
  const id = await createJob()
  const reading = all(admin.watchTrace(id))
  const job = await runner.take()
  await job.accept()
  await job.finish('success')
  const statuses = (await reading).map(({ status }) => status)
  expect(statuses.at(-1)).toBe('success')
})

test('an unknown job is NOT_FOUND', async ({ admin }) => {
  await expect(all(admin.watchTrace(2_147_483_000))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

for (const input of [{ from: -1 }, { from: 1.5 }, { from: 'abc' }]) {
  test(`the input ${JSON.stringify(input)} is BAD_REQUEST`, async ({ takenJob, admin }) => {
    await expect(all(admin.watchTrace(takenJob.id, input))).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
}

test('a follower that reconnects to another process misses nothing', async ({
  takenJob,
  admin,
  startGateway,
  storage,
}) => {
  test.skip(
    !storage.sharesObjects,
    'needs PostgreSQL, Redis and an S3 server: TEST_DATABASE_URL, TEST_REDIS_URL, TEST_S3_ENDPOINT',
  )
  const another = await startGateway()
  const there = new Admin(another.url, { token: another.adminToken })

  await takenJob.say('one ü\n')
  const here = admin.watchTrace(takenJob.id)
  const seen: TraceEvent[] = []
  const first = await here.next()
  if (!first.done) seen.push(first.value)
  await here.return(undefined)

  // The log keeps growing through the first process while the second is read.
  await takenJob.say('two 🚂\n')
  const resumed = all(there.watchTrace(takenJob.id, { lastEventIdHeader: seen.at(-1)?.id ?? '' }))
  for (let line = 0; line < 20; line++) await takenJob.say(`line ${line}\n`)
  await takenJob.finish('success')
  seen.push(...(await resumed))
  expect(textOf(seen)).toBe(takenJob.log.toString())
  expectSeamless(seen, 0)
})

test.describe('traces.read', () => {
  test('continues where the last read ended, never inside a character', async ({ takenJob, admin }) => {
    await finished(takenJob, LOG)
    for (const limit of [1, 2, 3, 5, 1000]) {
      let text = ''
      let from = 0
      for (let complete = false; !complete; ) {
        const read = await admin.query('traces.read', { jobId: takenJob.id, from, limit })
        expect(read.from).toBe(from)
        expect(read.size).toBe(Buffer.byteLength(LOG))
        text += read.text
        from = read.to
        complete = read.complete
      }
      expect(text).toBe(LOG)
    }
  })

  test('while the job runs, and past the end', async ({ takenJob, admin }) => {
    await takenJob.say('hello')
    const read = (from: number) => admin.query('traces.read', { jobId: takenJob.id, from })
    expect(await read(0)).toEqual({ from: 0, to: 5, size: 5, text: 'hello', complete: false })
    expect(await read(5)).toEqual({ from: 5, to: 5, size: 5, text: '', complete: false })
    expect(await read(99)).toMatchObject({ size: 5, text: '', complete: false })
  })

  test('an unknown job is NOT_FOUND, a bad limit BAD_REQUEST with the field named', async ({ admin }) => {
    await expect(admin.query('traces.read', { jobId: 2_147_483_000 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(admin.query('traces.read', { jobId: 1, limit: 0 })).rejects.toThrow(/limit/)
  })
})
