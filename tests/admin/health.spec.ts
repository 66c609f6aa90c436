import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'

test('/healthz and /readyz need no sign-in', async ({ gateway }) => {
  expect((await send('GET', `${gateway.url}/healthz`)).status).toBe(200)
  const ready = await send('GET', `${gateway.url}/readyz`)
  expect(ready.status).toBe(200)
  expect(ready.json()).toMatchObject({ database: 'ok', objects: 'ok', events: 'ok' })
})

test('/metrics counts requests and jobs', async ({ gateway, runner, createJob }) => {
  const read = async () => (await send('GET', `${gateway.url}/metrics`)).text
  const value = (text: string, name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1) ?? 0,
    )
  const before = await read()
  await createJob()
  const job = await runner.take()
  await job.say('12345')
  await job.finish('success')
  const after = await read()
  const grown = (name: string) => value(after, name) - value(before, name)
  expect(grown('yardmaster_job_requests_total{outcome="found"}')).toBe(1)
  expect(grown('yardmaster_trace_patches_total{status="202"}')).toBe(1)
  expect(grown('yardmaster_trace_bytes_total')).toBe(5)
  expect(grown('yardmaster_job_updates_total{status="200"}')).toBe(1)
  expect(value(after, 'yardmaster_jobs{status="success"}')).toBeGreaterThan(0)
})

test('no answer shows a stack or a path of the server', async ({ gateway }) => {
  for (const path of ['/nothing', '/api/v4/nothing', '/trpc/nothing', '/download/jobs/x/trace', '/%E0%A4%A']) {
    const reply = await send('GET', `${gateway.url}${path}`)
    expect(reply.status).toBeLessThan(500)
    expect(reply.text).not.toMatch(/node_modules|\.ts:|at .*\(/)
  }
})
