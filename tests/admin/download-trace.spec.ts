import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

const LOG = '0123456789ä🚂'

test.describe('/download/jobs/:id/trace', () => {
  for (const over of [false, true]) {
    test(`the stored bytes as they are, ${over ? 'after the job' : 'while it runs'}`, async ({ takenJob, admin }) => {
      await takenJob.say(LOG)
      if (over) await takenJob.finish('success')
      const reply = await admin.download(takenJob.id)
      expect(reply.status).toBe(200)
      expect(reply.body).toEqual(Buffer.from(LOG))
      expect(reply.headers.get('Accept-Ranges')).toBe('bytes')
      expect(reply.headers.get('X-Content-Type-Options')).toBe('nosniff')
    })
  }

  const size = Buffer.byteLength(LOG)
  for (const [range, status, expected, contentRange] of [
    ['bytes=0-3', 206, '0123', `bytes 0-3/${size}`],
    ['bytes=4-', 206, LOG.slice(4), `bytes 4-${size - 1}/${size}`],
    ['bytes=-4', 206, '🚂', `bytes ${size - 4}-${size - 1}/${size}`],
    ['bytes=0-9999', 206, LOG, `bytes 0-${size - 1}/${size}`],
    [`bytes=${size}-`, 416, '', `bytes */${size}`],
    ['bytes=5-2', 416, '', null],
    ['lines=1-2', 200, LOG, null],
  ] as const) {
    test(`Range: ${range} is ${status}`, async ({ takenJob, admin }) => {
      await takenJob.say(LOG)
      await takenJob.finish('success')
      const reply = await admin.download(takenJob.id, { Range: range })
      // RFC 9110 lets a server refuse or ignore an invalid range.
      if (range === 'bytes=5-2') return expect([200, 416]).toContain(reply.status)
      expect(reply.status).toBe(status)
      expect(reply.text).toBe(expected)
      expect(reply.headers.get('Content-Range')).toBe(contentRange)
    })
  }

  test('an empty log is empty', async ({ takenJob, admin }) => {
    const reply = await admin.download(takenJob.id)
    expect([reply.status, reply.text]).toEqual([200, ''])
  })

  test('an unknown job is 404, and without a token it is 401', async ({ gateway, admin, takenJob }) => {
    expect((await admin.download(2_147_483_000)).status).toBe(404)
    expect((await send('GET', `${gateway.url}/download/jobs/${takenJob.id}/trace`)).status).toBe(401)
    const asRunner = await send('GET', `${gateway.url}/download/jobs/${takenJob.id}/trace`, {
      headers: { Authorization: `Bearer ${takenJob.token}` },
    })
    expect(asRunner.status).toBe(401)
  })
})
