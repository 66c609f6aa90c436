import { expect, test } from '../support/fixtures.ts'

test.describe('the start that a Content-Range names (docs/protocol/trace.md 2)', () => {
  // Each is sent when the stored log is exactly as long as the expected start, so that a 202 proves how it was read.
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

test.describe('the place of a patch (docs/protocol/trace.md 3)', () => {
  const held = 'BUILD TRACE appended'
  test.beforeEach(async ({ takenJob }) => {
    await takenJob.patch(0, held)
  })

  for (const [what, start, bytes, status, size] of [
    ['a patch that starts where the log ends is appended', 20, ' more', 202, 25],
    ['the last patch, repeated, counts as stored', 11, ' appended', 202, 20],
    ['the whole log, repeated, counts as stored', 0, held, 202, 20],
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

  test('of two patches of one job at the same time one is appended, and never a mixture', async ({
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

test('a runner that gets another offset resumes there, with no byte lost or repeated', async ({ takenJob, admin }) => {
  // An earlier answer was lost: the server has more than the runner knows.
  takenJob.write('first line\nsecond line\n')
  await takenJob.patch(0, 'first line\n')
  await takenJob.say('third line\n')
  expect((await admin.log(takenJob.id)).toString()).toBe('first line\nsecond line\nthird line\n')
})

test('the worked exchange of docs/protocol/trace.md 13', async ({ takenJob }) => {
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
