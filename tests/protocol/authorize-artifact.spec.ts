import { expect, test } from '../support/fixtures.ts'
import { type Sending, send } from '../support/http.ts'
import { multipart } from '../support/multipart.ts'

test('the token may be in the header, the query, a form or JSON', async ({ takenJob }) => {
  const { token, artifactsUrl } = takenJob
  const ask = async (query = '', sending: Sending = {}) =>
    (await send('POST', `${artifactsUrl}/authorize${query}`, sending)).status
  const form = multipart({ name: 'token', content: token })
  expect(await ask('', { headers: { 'JOB-TOKEN': token } })).toBe(200)
  expect(await ask(`?token=${token}`)).toBe(200)
  expect(await ask('', { json: { token } })).toBe(200)
  expect(
    await ask('', { body: `token=${token}`, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
  ).toBe(200)
  expect(await ask('', { body: form.body, headers: { 'Content-Type': form.contentType } })).toBe(200)
  expect(await ask()).toBe(403)
  expect(await ask('?token=wrong', { headers: { 'JOB-TOKEN': token } })).toBe(403)
})

test('nothing about the storage is revealed', async ({ takenJob }) => {
  const reply = await send('POST', `${takenJob.artifactsUrl}/authorize`, { json: { token: takenJob.token } })
  expect(reply.json()).toEqual({ MaximumSize: 100 * 1_048_576 })
})

test('for a job that is over the answer is 403, with its status', async ({ takenJob }) => {
  await takenJob.finish('failed')
  const reply = await send('POST', `${takenJob.artifactsUrl}/authorize`, { json: { token: takenJob.token } })
  expect([reply.status, reply.headers.get('Job-Status')]).toEqual([403, 'failed'])
})

test('types that may not be uploaded are refused', async ({ takenJob }) => {
  for (const artifact_type of ['metadata', 'trace', 'x']) {
    const reply = await send('POST', `${takenJob.artifactsUrl}/authorize`, {
      json: { token: takenJob.token, artifact_type },
    })
    expect([reply.status, reply.json()]).toEqual([400, { error: 'artifact_type does not have a valid value' }])
  }
})
