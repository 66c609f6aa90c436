import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

test.use({ gatewayEnv: { ARTIFACTS_ENABLED: 'false' } })

const SWITCHED_OFF = { message: '405 Method Not Allowed' }

test('uploads and their pre-flight are 405, before the token is checked', async ({ takenJob }) => {
  for (const token of [takenJob.token, 'wrong', null]) {
    const upload = await takenJob.upload('{}', { token })
    expect([upload.status, upload.json()]).toEqual([405, SWITCHED_OFF])
    const asked = await send('POST', `${takenJob.artifactsUrl}/authorize`, { json: { token } })
    expect([asked.status, asked.json()]).toEqual([405, SWITCHED_OFF])
  }
})

test('parameters are checked first', async ({ takenJob }) => {
  expect((await takenJob.upload('{}', { type: 'whatever' })).status).toBe(400)
})

test('downloads still work', async ({ takenJob }) => {
  expect((await takenJob.download()).status).toBe(404)
})
