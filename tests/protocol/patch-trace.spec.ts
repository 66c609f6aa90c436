import { crc32 } from 'node:zlib'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

const crcOf = (bytes: Uint8Array): string => `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`

test.describe('how a patch is read (trace.md 1)', () => {
  test('the token in the header is enough', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, 'hello')
    expect(reply.status).toBe(202)
    expect(reply.text).toBe('')
  })

  test('the token in the query is used instead of the header, even if it is wrong or empty', async ({ takenJob }) => {
    expect((await takenJob.patch(0, 'a', { query: { token: takenJob.token }, token: null })).status).toBe(202)
    expect((await takenJob.patch(1, 'b', { query: { token: takenJob.token }, token: 'wrong' })).status).toBe(202)
    expect((await takenJob.patch(2, 'c', { query: { token: 'wrong' } })).status).toBe(403)
    expect((await takenJob.patch(2, 'c', { query: { token: '' } })).status).toBe(403)
  })

  test('a missing token is 403, neither 400 nor 401', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, 'hello', { token: null })
    expect(reply.status).toBe(403)
    expect(reply.json()).toEqual({ message: '403 Forbidden' })
    expect(reply.headers.get('Job-Status')).toBeNull()
  })

  for (const [name, token] of [
    ['an empty token', ''],
    ['a wrong token', 'glcbt-0_nobodys-token-at-all'],
  ] as const) {
    test(`${name} is 403 without Job-Status`, async ({ takenJob }) => {
      const reply = await takenJob.patch(0, 'hello', { token })
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden' })
      expect(reply.headers.get('Job-Status')).toBeNull()
    })
  }

  test('the token of another job is 403', async ({ takenJob, createJob, runner }) => {
    await createJob()
    const other = await runner.take()
    expect((await takenJob.patch(0, 'hello', { token: other.token })).status).toBe(403)
  })

  test('a runner token is 403', async ({ takenJob, runner }) => {
    expect((await takenJob.patch(0, 'hello', { token: runner.token })).status).toBe(403)
  })

  test('an unknown job is 403, never 404', async ({ gateway, takenJob }) => {
    const reply = await send('PATCH', `${gateway.url}/api/v4/jobs/2147483000/trace`, {
      body: 'x',
      headers: { 'Content-Type': 'text/plain', 'Content-Range': '0-0', 'JOB-TOKEN': takenJob.token },
    })
    expect(reply.status).toBe(403)
    expect(reply.json()).toEqual({ message: '403 Forbidden' })
  })

  test('an id that is no number is 400', async ({ gateway }) => {
    const reply = await send('PATCH', `${gateway.url}/api/v4/jobs/abc/trace`, {
      body: 'x',
      headers: { 'Content-Type': 'text/plain', 'Content-Range': '0-0', 'JOB-TOKEN': 'any' },
    })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: 'id is invalid' })
  })

  test('a debug_trace that is no boolean is 400, before the token is looked at', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, 'x', { query: { debug_trace: 'maybe' }, token: 'wrong' })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: 'debug_trace is invalid' })
  })

  test('without Content-Range it is 400', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, 'hello', { contentRange: null })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: '400 Missing header Content-Range' })
  })

  test('without Content-Range and with a wrong token it is 403', async ({ takenJob }) => {
    expect((await takenJob.patch(0, 'hello', { contentRange: null, token: 'wrong' })).status).toBe(403)
  })

  for (const type of [
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'application/xml',
    'multipart/form-data; boundary=x',
  ]) {
    test(`the body is bytes when it is called ${type}`, async ({ takenJob, admin }) => {
      const reply = await takenJob.patch(0, '{"not parsed', { headers: { 'Content-Type': type } })
      expect(reply.status).toBe(202)
      expect(await admin.log(takenJob.id)).toEqual(Buffer.from('{"not parsed'))
    })
  }

  test('NUL, invalid UTF-8 and every other byte are stored verbatim', async ({ takenJob, admin }) => {
    const bytes = Buffer.from([...Array.from({ length: 256 }, (_, value) => value), 0xc3, 0x28, 0xf0, 0x9f])
    expect((await takenJob.patch(0, bytes)).status).toBe(202)
    expect(await admin.log(takenJob.id)).toEqual(bytes)
  })

  test('a patch of exactly 1 MiB is accepted', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, Buffer.alloc(1_048_576, 'a'))
    expect(reply.status).toBe(202)
    expect(reply.headers.get('Range')).toBe('0-1048576')
  })

  test('a patch of several MiB is accepted', async ({ takenJob }) => {
    const reply = await takenJob.patch(0, Buffer.alloc(3 * 1_048_576 + 5, 'a'))
    expect(reply.status).toBe(202)
    expect(reply.headers.get('Range')).toBe('0-3145733')
  })

  test('a chunked body is accepted', async ({ takenJob, admin }) => {
    const chunks = ['one ', 'two ', 'three']
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift()
        if (chunk === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(chunk))
      },
    })
    const reply = await takenJob.patch(0, body, { contentRange: '0-12' })
    expect(reply.status).toBe(202)
    expect(reply.headers.get('Range')).toBe('0-13')
    expect(await admin.log(takenJob.id)).toEqual(Buffer.from('one two three'))
  })

  test('a well-formed request id comes back, and there is one in any case', async ({ takenJob }) => {
    const id = '0123456789abcdef0123456789abcdef'
    expect((await takenJob.patch(0, 'a', { headers: { 'X-Request-Id': id } })).headers.get('X-Request-Id')).toBe(id)
    expect((await takenJob.patch(1, 'b')).headers.get('X-Request-Id')).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
    const odd = await takenJob.patch(2, 'c', { headers: { 'X-Request-Id': 'not well formed' } })
    expect(odd.headers.get('X-Request-Id')).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
  })

  test('other methods on the path are 405 with Allow', async ({ gateway, takenJob }) => {
    const reply = await send('POST', `${gateway.url}/api/v4/jobs/${takenJob.id}/trace`, { body: 'x' })
    expect(reply.status).toBe(405)
    expect(reply.headers.get('Allow')).toContain('PATCH')
  })
})

test.describe('the start that a Content-Range names (trace.md 2)', () => {
  // Each is sent when the stored log is exactly as long as the start it should be read as, so 202 proves the reading.
  for (const [header, start] of [
    ['11-20', 11],
    ['28-32/5', 28],
    ['0-34/35', 0],
    ['20-19', 20],
    ['20-5', 20],
    ['bytes 10-20/30', 0],
    ['-5-10', 0],
    ['abc', 0],
    ['', 0],
    ['7', 7],
    ['1_1-20', 11],
    ['12abc-20', 12],
    ['4-5-6-7', 4],
  ] as const) {
    test(`${JSON.stringify(header)} starts at ${start}`, async ({ takenJob }) => {
      if (start > 0) expect((await takenJob.patch(0, 'x'.repeat(start))).status).toBe(202)
      const reply = await takenJob.patch(start, '!', { contentRange: header })
      expect(reply.status).toBe(202)
      expect(reply.headers.get('Range')).toBe(`0-${start + 1}`)
    })
  }

  test('a malformed range on a longer log is 416 with the right offset', async ({ takenJob }) => {
    await takenJob.patch(0, 'hello world')
    const reply = await takenJob.patch(0, 'x', { contentRange: 'bytes 11-11' })
    expect(reply.status).toBe(416)
    expect(reply.headers.get('Range')).toBe('0-11')
  })

  test('the second number is never checked against the body', async ({ takenJob }) => {
    for (const header of ['0-999', '5-5', '10-0']) {
      expect((await takenJob.patch(0, 'hello', { contentRange: header })).status).toBe(202)
    }
  })
})

test.describe('where a patch fits (trace.md 3)', () => {
  const held = 'BUILD TRACE appended'
  test.beforeEach(async ({ takenJob }) => {
    await takenJob.patch(0, held)
  })

  for (const [what, start, bytes, status, size] of [
    ['a patch that starts where the log ends is appended', 20, ' more', 202, 25],
    ['the last patch again counts as stored', 11, ' appended', 202, 20],
    ['the whole log again counts as stored', 0, held, 202, 20],
    ['any patch that ends where the log ends counts as stored, whatever its bytes', 15, 'zzzzz', 202, 20],
    ['a patch that overlaps the end is 416 and nothing of it is stored', 15, 'abcdef', 416, 20],
    ['a patch that ends before the end is 416', 0, 'BUILD', 416, 20],
    ['a gap is 416', 25, 'hello', 416, 20],
    ['an empty patch at the end is accepted', 20, '', 202, 20],
    ['an empty patch anywhere else is 416', 19, '', 416, 20],
    ['an empty patch past the end is 416', 21, '', 416, 20],
  ] as const) {
    test(what, async ({ takenJob, admin }) => {
      const reply = await takenJob.patch(start, bytes)
      expect(reply.status).toBe(status)
      expect(reply.headers.get('Range')).toBe(`0-${size}`)
      if (status === 416) expect(reply.json()).toEqual({ error: '416 Range Not Satisfiable' })
      const expected = size === 20 ? held : held + bytes
      expect((await admin.log(takenJob.id)).toString()).toBe(expected)
    })
  }

  test('two patches of one job at the same time: the log is one of the two orders, never a mixture', async ({
    takenJob,
    admin,
  }) => {
    const replies = await Promise.all([takenJob.patch(20, 'aaaaaaa'), takenJob.patch(20, 'bbbb')])
    for (const { status } of replies) expect([202, 409, 416]).toContain(status)
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(1)
    expect([`${held}aaaaaaa`, `${held}bbbb`]).toContain((await admin.log(takenJob.id)).toString())
  })

  test('twenty patches at the same time: exactly one is appended', async ({ takenJob, admin }) => {
    // Different lengths, so that none of the others counts as already stored.
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => takenJob.patch(20, String.fromCharCode(97 + index).repeat(index + 1))),
    )
    const accepted = replies.filter(({ status }) => status === 202)
    expect(accepted).toHaveLength(1)
    const log = (await admin.log(takenJob.id)).toString()
    expect(accepted[0]?.headers.get('Range')).toBe(`0-${log.length}`)
    expect(log.slice(20)).toMatch(/^(.)\1*$/)
  })
})

test('a runner that is told another offset resumes there, with no byte lost or twice', async ({ takenJob, admin }) => {
  // An earlier answer was lost on the way: the server holds more than the runner knows.
  takenJob.write('first line\nsecond line\n')
  await takenJob.patch(0, 'first line\n')
  await takenJob.say('third line\n')
  expect((await admin.log(takenJob.id)).toString()).toBe('first line\nsecond line\nthird line\n')
})

test.describe('what an answer carries (trace.md 5)', () => {
  test('an empty log is reported as 0-0', async ({ takenJob }) => {
    const gap = await takenJob.patch(5, 'hello')
    expect(gap.status).toBe(416)
    expect(gap.headers.get('Range')).toBe('0-0')
    expect((await takenJob.patch(0, '')).headers.get('Range')).toBe('0-0')
  })

  test('202 carries the size, the status and the interval', async ({ takenJob }) => {
    const { headers } = await takenJob.patch(0, 'BUILD TRACE')
    expect(headers.get('Range')).toBe('0-11')
    expect(headers.get('Job-Status')).toBe('running')
    expect(headers.get('X-GitLab-Trace-Update-Interval')).toBe('60')
  })

  test('while somebody watches the interval is 3, and 60 again after they left', async ({ takenJob, admin }) => {
    const watching = new AbortController()
    const events = admin.watchTrace(takenJob.id, { signal: watching.signal })
    await events.next()
    expect((await takenJob.patch(0, 'a')).headers.get('X-GitLab-Trace-Update-Interval')).toBe('3')
    await events.return(undefined)
    watching.abort()
    let at = 1
    await expect
      .poll(async () => (await takenJob.patch(at++, 'b')).headers.get('X-GitLab-Trace-Update-Interval'), {
        timeout: 20_000,
        intervals: [1000],
      })
      .toBe('60')
  })

  for (const [state, status] of [
    ['success', 'success'],
    ['failed', 'failed'],
  ] as const) {
    test(`a job that is over (${status}) is 403 with Job-Status, and nothing is stored`, async ({
      takenJob,
      admin,
    }) => {
      await takenJob.say('before')
      await takenJob.finish(state)
      const reply = await takenJob.patch(6, ' after')
      expect(reply.status).toBe(403)
      expect(reply.json()).toEqual({ message: '403 Forbidden - Job is not processing on runner' })
      expect(reply.headers.get('Job-Status')).toBe(status)
      expect((await admin.log(takenJob.id)).toString()).toBe('before')
    })
  }

  test('a job whose project is gone is 403 and says so', async ({ takenJob, admin, project }) => {
    await admin.mutate('projects.remove', { id: project.id })
    const reply = await takenJob.patch(0, 'x')
    expect(reply.status).toBe(403)
    expect(reply.json()).toEqual({ message: '403 Forbidden - Project has been deleted!' })
  })

  test('a patch is a contact of the runner', async ({ takenJob, admin, runner }) => {
    const before = Date.now()
    await takenJob.patch(0, 'x')
    const { contactedAt } = await admin.query<{ contactedAt: string }>('runners.get', { id: runner.id })
    expect(Date.parse(contactedAt)).toBeGreaterThanOrEqual(before - 1)
  })
})

test.describe('the debug flag (trace.md 6)', () => {
  test('debug_trace on the first patch marks the job, and false never clears it', async ({ takenJob, job }) => {
    await takenJob.patch(0, 'a', { query: { debug_trace: 'true' } })
    expect((await job(takenJob.id)).debugTrace).toBe(true)
    await takenJob.patch(1, 'b', { query: { debug_trace: 'false' } })
    expect((await job(takenJob.id)).debugTrace).toBe(true)
  })

  test('on a later patch it has no effect', async ({ takenJob, job }) => {
    await takenJob.patch(0, 'a')
    await takenJob.patch(1, 'b', { query: { debug_trace: 'true' } })
    expect((await job(takenJob.id)).debugTrace).toBe(false)
  })

  test('it is noted even if the patch then fails', async ({ takenJob, job }) => {
    await takenJob.patch(0, 'hello')
    expect((await takenJob.patch(0, 'x', { query: { debug_trace: 'true' } })).status).toBe(416)
    expect((await job(takenJob.id)).debugTrace).toBe(true)
  })

  for (const [key, value, debug] of [
    ['CI_DEBUG_TRACE', 'true', true],
    ['CI_DEBUG_TRACE', 'TRUE', true],
    ['CI_DEBUG_SERVICES', 'True', true],
    ['CI_DEBUG_TRACE', 'false', false],
  ] as const) {
    test(`the variable ${key}=${value} ${debug ? 'makes' : 'does not make'} it a debug job`, async ({
      createJob,
      job,
      runner,
    }) => {
      const id = await createJob({ variables: { [key]: value } })
      await (await runner.take()).patch(0, 'x')
      expect((await job(id)).debugTrace).toBe(debug)
    })
  }
})

test.describe('how the log is kept (trace.md 7)', () => {
  test('many small patches are one log, while the job runs and after it', async ({ takenJob, admin, job }) => {
    const lines = Array.from({ length: 120 }, (_, index) => `line ${index} äöü 🚂\n`)
    for (const line of lines) await takenJob.say(line)
    expect((await admin.log(takenJob.id)).toString()).toBe(lines.join(''))
    await takenJob.finish('success')
    expect((await admin.log(takenJob.id)).toString()).toBe(lines.join(''))
    const { traceSize, traceChecksum, traceInvalid } = await job(takenJob.id)
    expect({ traceSize, traceChecksum, traceInvalid }).toEqual({
      traceSize: takenJob.log.length,
      traceChecksum: takenJob.checksum,
      traceInvalid: false,
    })
  })

  test('a log of 5 MiB comes back byte by byte', async ({ takenJob, admin, job }) => {
    const bytes = Buffer.alloc(5 * 1_048_576)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
    await takenJob.say(bytes)
    await takenJob.finish('success')
    expect(crcOf(await admin.log(takenJob.id))).toBe(crcOf(bytes))
    expect((await job(takenJob.id)).traceChecksum).toBe(crcOf(bytes))
  })
})

test.describe('masking of the job token (trace.md 8)', () => {
  test('in one patch it becomes as many x, and the job is invalid, never corrupted', async ({
    takenJob,
    admin,
    job,
  }) => {
    await takenJob.say(`before ${takenJob.token} and ${takenJob.token}.\n`)
    const x = 'x'.repeat(takenJob.token.length)
    expect((await admin.log(takenJob.id)).toString()).toBe(`before ${x} and ${x}.\n`)
    expect((await takenJob.finish('success')).status).toBe(200)
    const { traceInvalid, traceCorrupted } = await job(takenJob.id)
    expect({ traceInvalid, traceCorrupted }).toEqual({ traceInvalid: true, traceCorrupted: false })
  })

  test('a patch with the token sent again counts as stored', async ({ takenJob }) => {
    const line = `token ${takenJob.token}\n`
    expect((await takenJob.patch(0, line)).status).toBe(202)
    const again = await takenJob.patch(0, line)
    expect(again.status).toBe(202)
    expect(again.headers.get('Range')).toBe(`0-${line.length}`)
  })
})

test('the worked exchange of trace.md 13', async ({ takenJob }) => {
  const steps = [
    ['0-10', 'BUILD TRACE', 202, '0-11'],
    ['11-19', ' appended', 202, '0-20'],
    ['11-19', ' appended', 202, '0-20'],
    ['15-20', 'abcdef', 416, '0-20'],
    ['25-29', 'hello', 416, '0-20'],
    ['20-19', '', 202, '0-20'],
  ] as const
  for (const [contentRange, body, status, range] of steps) {
    const reply = await takenJob.patch(0, body, { contentRange })
    expect([reply.status, reply.headers.get('Range')]).toEqual([status, range])
  }
})
