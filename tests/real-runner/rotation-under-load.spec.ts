import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

// The token is rotated every 21 seconds, seven before it expires, and requests are held for the default time.
test.use({ gatewayEnv: { RUNNER_TOKEN_LIFETIME: '28', LONG_POLL_SECONDS: '50' } })

const JOBS = 48
const LINES = 50
const TOKENS = 3
/** Least time that a request with the old token would still be held after a rotation. */
const HELD_ON_MS = (50 - 21) * 1000

test('the token is rotated again and again while many jobs run: each succeeds exactly once', async ({
  real,
  since,
  gateway,
  admin,
  project,
  createJob,
  over,
  heldPolls,
}) => {
  test.skip(!since('15.3'), 'before 15.3 runners do not rotate their token')
  const marks = await temporaryDirectory()
  const ran = join(marks.path, 'ran')
  const rotated = join(marks.path, 'rotated')
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: project.id,
    jobs: Array.from({ length: JOBS }, (_, index) => ({
      name: `job ${index}`,
      definition: {
        script: [
          `echo "$CI_JOB_ID" >> "${ran}"`,
          `for line in $(seq ${LINES}); do echo "line $line"; sleep 0.05; done`,
          'echo "$CI_JOB_ID" > left.txt',
          // However quick the other jobs are, one job lasts until the token was rotated often enough.
          ...(index === JOBS - 1 ? [`until test -e "${rotated}"; do sleep 0.2; done`] : []),
        ],
        artifacts: { paths: ['left.txt'] },
      },
    })),
  })
  await serve(real, gateway.url, project, { concurrent: 4 })

  const tokens: string[] = []
  const note = async () => {
    for (const { token } of await real.entries()) if (token && !tokens.includes(token)) tokens.push(token)
  }
  const jobs = async () =>
    (await admin.query('jobs.list', { projectId: project.id, limit: 100 })).items.toSorted(
      (one, other) => one.id - other.id,
    )
  const open = async () => {
    await note()
    if (tokens.length >= TOKENS) await writeFile(rotated, '')
    return (await jobs()).filter(({ finishedAt }) => finishedAt === null).length
  }
  await expect.poll(open, { timeout: 240_000, intervals: [500] }).toBe(0)

  const ended = await jobs()
  expect(ended.map(({ id }) => id)).toEqual(ids)
  const runners = new Set(ended.map(({ runnerId }) => runnerId))
  expect(runners.size).toBe(1)
  for (const job of ended) {
    expect(job).toMatchObject({ status: 'success', retryOf: null, retriedBy: null })
    expect(job).toMatchObject({ traceInvalid: false, traceCorrupted: false })
    const log = plain(await admin.log(job.id))
    const lines = Array.from({ length: LINES }, (_, index) => `line ${index + 1}`)
    expect(log.match(/^line \d+(?=\r?$)/gm)).toEqual(lines)
    expect(log.match(/Job succeeded/g)).toHaveLength(1)
    const artifacts = await admin.query('artifacts.list', { jobId: job.id })
    expect(artifacts.map(({ type }) => type)).toEqual(['archive'])
  }
  expect(
    (await readFile(ran, 'utf8'))
      .trim()
      .split('\n')
      .map(Number)
      .toSorted((a, b) => a - b),
  ).toEqual(ids)

  // The runner is idle, so its request is held. It keeps working after the next rotation, too, and logs no error.
  await heldPolls(1)
  await note()
  const before = tokens.length
  const said = real.log.length
  await expect.poll(async () => note().then(() => tokens.length), { timeout: 60_000 }).toBeGreaterThan(before)
  const late = await createJob()
  const { status, queuedAt, startedAt, runnerId } = await over(late)
  expect(status).toBe('success')
  expect(Date.parse(startedAt ?? '') - Date.parse(queuedAt ?? '')).toBeLessThan(HELD_ON_MS)
  expect([...runners]).toEqual([runnerId])
  expect(real.log.slice(said)).not.toMatch(/forbidden/i)

  await real.stop()
  await note()
  const [entry] = await real.entries()
  expect(entry).toEqual({ id: runnerId, token: tokens.at(-1) })
  // It counts as one process throughout.
  expect((await admin.query('runners.get', { id: runnerId })).managers).toHaveLength(1)
  const verify = (token: string) => send('POST', `${gateway.url}/api/v4/runners/verify`, { json: { token } })
  for (const old of tokens.slice(0, -1)) expect((await verify(old)).status).toBe(403)
  const valid = await verify(tokens.at(-1) ?? '')
  expect([valid.status, valid.json<{ id: number }>().id]).toEqual([200, runnerId])
  await marks.dispose()
})
