import { expect, test } from '../support/fixtures.ts'

const MIB = 1_048_576

test.use({ gatewayEnv: { MAX_TRACE_MIB: '1' } })

test('a log one byte short of the limit is accepted', async ({ takenJob }) => {
  const reply = await takenJob.patch(0, Buffer.alloc(MIB - 1, 'a'))
  expect(reply.status).toBe(202)
  expect((await takenJob.finish('success')).status).toBe(200)
})

test('a patch that reaches the limit is 403, nothing of it is stored, and the job fails', async ({
  takenJob,
  admin,
  job,
}) => {
  await takenJob.patch(0, Buffer.alloc(MIB - 1, 'a'))
  const reply = await takenJob.patch(MIB - 1, 'b')
  expect(reply.status).toBe(403)
  expect(reply.json()).toEqual({ error: '403 Forbidden' })
  expect(reply.headers.get('Job-Status')).toBeNull()
  expect((await admin.log(takenJob.id)).length).toBe(MIB - 1)
  const { status, failureReason } = await job(takenJob.id)
  expect({ status, failureReason }).toEqual({ status: 'failed', failureReason: 'trace_size_exceeded' })
})

test('the next call gets the ordinary 403 with Job-Status', async ({ takenJob }) => {
  await takenJob.patch(0, Buffer.alloc(MIB, 'a'))
  const patch = await takenJob.patch(0, 'a')
  expect(patch.status).toBe(403)
  expect(patch.headers.get('Job-Status')).toBe('failed')
  expect(patch.json()).toEqual({ message: '403 Forbidden - Job is not processing on runner' })
  const update = await takenJob.put({ state: 'success' })
  expect(update.status).toBe(403)
  expect(update.headers.get('Job-Status')).toBe('failed')
})

test('a bogus huge start exceeds the limit, too', async ({ takenJob, job }) => {
  const reply = await takenJob.patch(50 * MIB, 'x')
  expect(reply.status).toBe(403)
  expect(reply.json()).toEqual({ error: '403 Forbidden' })
  expect((await job(takenJob.id)).failureReason).toBe('trace_size_exceeded')
})

test('the debug flag is stored before the limit is checked', async ({ takenJob, job }) => {
  await takenJob.patch(0, Buffer.alloc(MIB, 'a'), { query: { debug_trace: 'true' } })
  expect((await job(takenJob.id)).debugTrace).toBe(true)
})
