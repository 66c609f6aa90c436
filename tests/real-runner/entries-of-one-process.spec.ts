import { setTimeout as pause } from 'node:timers/promises'
import { notNull } from '../support/not-null.ts'
import { expect, plain, test } from '../support/real-fixtures.ts'

test.use({ gatewayEnv: { LONG_POLL_SECONDS: '50' } })

const ENTRIES = ['first', 'second', 'third']
/** Far from both the observed time (a few seconds) and a full hold of another entry's request (50 s). */
const SOON_MS = 30_000

test('three entries share one worker: the jobs of each start within seconds', async ({
  real,
  since,
  overheard,
  admin,
  project,
  createJob,
  over,
}) => {
  test.skip(!since('15.8'), 'before 15.8 a runner does not say which of its requests belong together')
  for (const tagList of ENTRIES) {
    const registered = await real.register(overheard.url, notNull(project.registrationToken), { tagList })
    expect(registered.code, registered.output).toBe(0)
  }
  await real.configure({ concurrent: 1, checkInterval: 0 })
  real.run()

  const requests = () => overheard.exchanges.filter(({ path }) => path === '/api/v4/jobs/request')
  const held = () => new Set(requests().flatMap(({ json }) => (json?.last_update ? [json.token] : [])))
  await expect.poll(() => held().size, { timeout: 60_000 }).toBe(ENTRIES.length)

  const waits: Record<string, number> = {}
  for (const tag of ENTRIES.toReversed()) {
    const id = await createJob({ tags: [tag] })
    const { status, queuedAt, startedAt } = await over(id)
    expect(status, plain(await admin.log(id))).toBe('success')
    waits[tag] = Date.parse(startedAt ?? '') - Date.parse(queuedAt ?? '')
  }
  expect(Math.max(...Object.values(waits)), JSON.stringify(waits)).toBeLessThan(SOON_MS)

  // This identifies them as one process.
  expect(new Set(requests().map(({ json }) => json?.system_id)).size).toBe(1)
})

test('three entries with a worker each are held for the full time, and a job answers a held request', async ({
  real,
  since,
  overheard,
  project,
  createJob,
  over,
  heldPolls,
}) => {
  test.skip(!since('15.8'), 'before 15.8 a runner does not say which of its requests belong together')
  for (const tagList of ENTRIES) {
    const registered = await real.register(overheard.url, notNull(project.registrationToken), { tagList })
    expect(registered.code, registered.output).toBe(0)
  }
  await real.configure({ concurrent: ENTRIES.length + 1, checkInterval: 0 })
  real.run()

  const answered = () => overheard.exchanges.filter(({ path }) => path === '/api/v4/jobs/request')
  // First, entries that ran on this machine earlier must no longer count.
  let before = 0
  await expect(async () => {
    await heldPolls(ENTRIES.length)
    before = answered().length
    // Longer than any request would be held while another one is missing.
    await pause(6_000)
    expect(answered()).toHaveLength(before)
  }).toPass({ timeout: 240_000 })
  const { status } = await over(await createJob({ tags: ['third'] }))
  expect(status).toBe('success')
  expect(answered()[before]).toMatchObject({ status: 201 })
})
