import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'

test.describe('how a patch is read (docs/protocol/trace.md 1)', () => {
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

  test('an id that is not a number is 400', async ({ gateway }) => {
    const reply = await send('PATCH', `${gateway.url}/api/v4/jobs/abc/trace`, {
      body: 'x',
      headers: { 'Content-Type': 'text/plain', 'Content-Range': '0-0', 'JOB-TOKEN': 'any' },
    })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({ error: 'id is invalid' })
  })

  test('a debug_trace that is not a boolean is 400, before the token is checked', async ({ takenJob }) => {
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
    test(`the body is bytes with the content type ${type}`, async ({ takenJob, admin }) => {
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

  test('a well-formed request id is returned, and otherwise a new one', async ({ takenJob }) => {
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

test.describe('what an answer carries (docs/protocol/trace.md 5)', () => {
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

  test('while the log is watched the interval is 3, and 60 again afterwards', async ({ takenJob, admin }) => {
    const watching = new AbortController()
    const events = admin.watchTrace(takenJob.id, { signal: watching.signal })
    await events.next()
    expect((await takenJob.patch(0, 'a')).headers.get('X-GitLab-Trace-Update-Interval')).toBe('3')
    await events.return(undefined)
    watching.abort()
    let at = 1
    await expect
      .poll(async () => (await takenJob.patch(at++, 'b')).headers.get('X-GitLab-Trace-Update-Interval'), {
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

  test('a job of a removed project is 403 with the reason', async ({ takenJob, admin, project }) => {
    await admin.mutate('projects.remove', { id: project.id })
    const reply = await takenJob.patch(0, 'x')
    expect(reply.status).toBe(403)
    expect(reply.json()).toEqual({ message: '403 Forbidden - Project has been deleted!' })
  })

  test('a patch is a heartbeat of the runner', async ({ takenJob, admin, runner }) => {
    const before = Date.now()
    await takenJob.patch(0, 'x')
    const { contactedAt } = await admin.query('runners.get', { id: runner.id })
    expect(Date.parse(notNull(contactedAt))).toBeGreaterThanOrEqual(before - 1)
  })
})
