import { expect, test } from '../support/fixtures.ts'

/** `docs/protocol/artifacts.md 8.1`, and one of each kind of spelling. */
const SECONDS: readonly [text: string, seconds: number | null][] = [
  ['42', 42],
  ['3 mins 4 sec', 184],
  ['2 hrs 20 min', 8400],
  ['2h20min', 8400],
  ['7 days', 604_800],
  ['1 week', 604_800],
  ['3 weeks and 2 days', 1_987_200],
  ['6 mos 1 day', 15_638_400],
  ['47 yrs 6 mos and 4d', 1_499_104_800],
  ['3:41:59', 13_319],
  ['day', 86_400],
  ['two weeks', 1_209_600],
  ['1.5 HOURS', 5400],
  ['1 day, 2 hours plus 3 minutes', 93_780],
  ['0', null],
  ['', null],
  ['never', null],
]

/** Each type once per job. */
const TYPES = [
  'sast',
  'dast',
  'codequality',
  'performance',
  'accessibility',
  'terraform',
  'requirements',
  'api_fuzzing',
]

test('what expire_in means', async ({ createJob, runner, admin }) => {
  for (let at = 0; at < SECONDS.length; at += TYPES.length) {
    await createJob()
    const job = await runner.take()
    const rows = SECONDS.slice(at, at + TYPES.length)
    const sent: [from: number, to: number][] = []
    for (const [index, [expireIn]] of rows.entries()) {
      const before = Date.now()
      const reply = await job.upload('{}', { type: TYPES[index] ?? '', format: 'raw', expireIn })
      expect([expireIn, reply.status]).toEqual([expireIn, 201])
      sent.push([before, Date.now()])
    }
    const stored = await admin.query('artifacts.list', { jobId: job.id })
    for (const [index, [expireIn, seconds]] of rows.entries()) {
      const expireAt = stored.find(({ type }) => type === TYPES[index])?.expireAt ?? null
      if (seconds === null || expireAt === null) expect([expireIn, expireAt]).toEqual([expireIn, seconds])
      else {
        const [from, to] = sent[index]?.map((time) => time + seconds * 1000) ?? []
        expect(Date.parse(expireAt), expireIn).toBeGreaterThanOrEqual(from ?? Number.NaN)
        expect(Date.parse(expireAt), expireIn).toBeLessThanOrEqual(to ?? Number.NaN)
      }
    }
  }
})

test('without expire_in the instance’s default applies', async ({ takenJob, job }) => {
  await takenJob.upload('{}', { type: 'sast', format: 'raw' })
  const { artifactsExpireAt } = await job(takenJob.id)
  expect((Date.parse(artifactsExpireAt ?? '') - Date.now()) / 86_400_000).toBeCloseTo(30, 2)
})

for (const expireIn of ['soon', '3 fortnights', '1 week later', '99999999999999 years']) {
  test(`expire_in ${expireIn} is invalid: 400 with a sentence, and nothing is stored`, async ({ takenJob, admin }) => {
    const reply = await takenJob.upload('{}', { type: 'sast', format: 'raw', expireIn })
    expect(reply.status).toBe(400)
    expect(reply.json<{ message: string }>().message).toMatch(/expire_in/)
    expect(await admin.query('artifacts.list', { jobId: takenJob.id })).toEqual([])
  })
}

test('each artifact, reports included, overwrites the expiry of its job', async ({ takenJob, job }) => {
  const inDays = async () => {
    const { artifactsExpireAt } = await job(takenJob.id)
    return artifactsExpireAt === null ? null : Math.round((Date.parse(artifactsExpireAt) - Date.now()) / 86_400_000)
  }
  await takenJob.upload('archive', { expireIn: '2 days' })
  expect(await inDays()).toBe(2)
  await takenJob.upload('{}', { type: 'sast', format: 'raw', expireIn: '5 days' })
  expect(await inDays()).toBe(5)
  await takenJob.upload('{}', { type: 'dast', format: 'raw', expireIn: 'never' })
  expect(await inDays()).toBeNull()
})
