import { crc32 } from 'node:zlib'
import { expect, test } from '../support/fixtures.ts'

const crcOf = (bytes: Uint8Array): string => `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`

test.describe('the debug flag (docs/protocol/trace.md 6)', () => {
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

  test('it is stored even if the patch then fails', async ({ takenJob, job }) => {
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

test.describe('how the log is kept (docs/protocol/trace.md 7)', () => {
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

test.describe('masking of the job token (docs/protocol/trace.md 8)', () => {
  test('in one patch it is replaced by as many x, and the log counts as invalid, never corrupted', async ({
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

  test('split over patches it is masked as well, however the log is read', async ({ takenJob, admin, job }) => {
    const { id, token } = takenJob
    const x = 'x'.repeat(token.length)
    const pieces = [`a ${token.slice(0, 20)}`, `${token.slice(20)} b\n`, `c ${token.slice(0, 32)}`, token.slice(32)]
    const watched = admin.watchTrace(id)
    for (const piece of pieces) await takenJob.say(piece)
    const whole = `a ${x} b\nc ${x}`
    expect((await admin.log(id)).toString()).toBe(whole)
    expect(await admin.query('traces.read', { jobId: id })).toMatchObject({ text: whole, size: whole.length })
    expect(JSON.stringify(await admin.query('traces.lines', { jobId: id }))).not.toContain(token.slice(0, 12))
    expect(await admin.query('traces.search', { jobId: id, query: token.slice(0, 12) })).toMatchObject({ matches: [] })
    expect((await takenJob.finish('success')).status).toBe(200)
    let seen = ''
    for await (const { text } of watched) seen += text
    expect(seen).toBe(whole)
    expect((await job(id)).traceSize).toBe(whole.length)
  })

  test('a repeated patch with the token counts as stored', async ({ takenJob }) => {
    const line = `token ${takenJob.token}\n`
    expect((await takenJob.patch(0, line)).status).toBe(202)
    const again = await takenJob.patch(0, line)
    expect(again.status).toBe(202)
    expect(again.headers.get('Range')).toBe(`0-${line.length}`)
  })
})
