import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { test as base, expect } from '../support/fixtures.ts'
import type { Reply } from '../support/http.ts'
import type { TakenJob } from '../support/taken-job.ts'

interface Fixtures {
  /** A running job of the same project as all others of the test. */
  fresh: () => Promise<TakenJob>
  /** Returns the variables that a dependent job gets from this one. */
  seen: (job: TakenJob) => Promise<Record<string, string>>
}

const test = base.extend<Fixtures>({
  fresh: async ({ createJob, runner }, use) => {
    await use(async () => {
      await createJob()
      return await runner.take()
    })
  },
  seen: async ({ createJob, runner }, use) => {
    await use(async (job) => {
      await job.finish('success')
      await createJob({ dependencies: [job.id] })
      const { payload } = await runner.take()
      return Object.fromEntries(payload.variables.map(({ key, value }) => [key, value]))
    })
  },
})

const dotenv = (job: TakenJob, bytes: string | Uint8Array): Promise<Reply> =>
  job.upload(bytes, { type: 'dotenv', format: 'gzip', filename: '.env.gz' })
const annotations = (job: TakenJob, bytes: string | Uint8Array): Promise<Reply> =>
  job.upload(bytes, { type: 'annotations', format: 'gzip', filename: 'gl-annotations.json.gz' })
const members = (...texts: (string | Uint8Array)[]): Buffer => Buffer.concat(texts.map((text) => gzipSync(text)))

test.describe('dotenv', () => {
  test('lines become variables, without quoting, escapes or expansion', async ({ fresh, seen }) => {
    const job = await fresh()
    const lines = {
      'KEY1=VAR1': ['KEY1', 'VAR1'],
      'KEY2 =VAR2': ['KEY2', 'VAR2'],
      'KEY3="  VAR3  "': ['KEY3', '"  VAR3  "'],
      'KEY4=': ['KEY4', ''],
      'KEY5=a=b': ['KEY5', 'a=b'],
      'KEY6=V  # note': ['KEY6', 'V  # note'],
      'skateboard=🛹': ['skateboard', '🛹'],
      '  KEY7 =  blanks  ': ['KEY7', 'blanks'],
    }
    expect((await dotenv(job, gzipSync(`${Object.keys(lines).join('\r\n')}\r\n`))).status).toBe(201)
    const variables = await seen(job)
    for (const [key, value] of Object.values(lines)) expect([key, variables[key ?? '']]).toEqual([key, value])
  })

  test('a reference is stored as it stands', async ({ fresh, seen }) => {
    const job = await fresh()
    const reference = ['$', '{UNKNOWN_KEY}_x'].join('')
    await dotenv(job, gzipSync(`KEY2=${reference}`))
    expect((await seen(job)).KEY2).toBe(reference)
  })

  test('an empty file is fine', async ({ fresh }) => {
    expect((await dotenv(await fresh(), gzipSync(''))).status).toBe(201)
  })

  test('gzip members are separate texts; the last of equal keys wins and counts once', async ({ fresh, seen }) => {
    const job = await fresh()
    const first = Array.from({ length: 20 }, (_, n) => `K${n}=first`).join('\n')
    expect((await dotenv(job, members(first, 'K3=second\nK3=third'))).status).toBe(201)
    const variables = await seen(job)
    expect([variables.K0, variables.K3]).toEqual(['first', 'third'])
  })

  test('UTF-16 and byte-order marks are supported', async ({ fresh, seen }) => {
    const job = await fresh()
    const marked = Buffer.from('\uFEFFA=mark')
    const wide = Buffer.from('\uFEFFB=wide', 'utf16le')
    expect((await dotenv(job, members(marked, wide))).status).toBe(201)
    expect(await seen(job)).toMatchObject({ A: 'mark', B: 'wide' })
  })

  const key255 = 'k'.repeat(255)
  for (const [what, text, message] of [
    ['a key with other characters', '🛹=x', /Validation failed: Key can contain only letters, digits and '_'\./],
    ['a key with spaces', 'K E Y=x', /Validation failed: Key can contain only letters, digits and '_'\./],
    ['no key', '=VAR1', /^Validation failed: Key can't be blank/],
    ['a key that is too long', `${key255}k=x`, /Validation failed: Key is too long \(maximum is 255 characters\)/],
    ['no = in a line', "{ 'K': 'V' }", /^Invalid Format$/],
    ['an empty line', 'A=1\n\nB=2', /^Invalid Format$/],
    ['a comment', '# note\nA=1', /^Invalid Format$/],
    [
      'more than 20 variables',
      Array.from({ length: 21 }, (_, n) => `K${n}=x`).join('\n'),
      /^Dotenv files cannot have more than 20 variables$/,
    ],
  ] as const) {
    test(`${what}: 400, and nothing is stored`, async ({ fresh, seen, admin }) => {
      const job = await fresh()
      const reply = await dotenv(job, members('GOOD=1', text))
      expect(reply.status).toBe(400)
      expect(reply.json<{ message: string }>().message).toMatch(message)
      expect(await admin.query('artifacts.list', { jobId: job.id })).toEqual([])
      expect(await seen(job)).not.toHaveProperty('GOOD')
    })
  }

  test('the longest key, and 20 variables, are fine', async ({ fresh, seen }) => {
    const job = await fresh()
    const lines = [`${key255}=x`, ...Array.from({ length: 19 }, (_, n) => `K${n}=x`)]
    expect((await dotenv(job, gzipSync(lines.join('\n')))).status).toBe(201)
    expect((await seen(job))[key255]).toBe('x')
  })

  test('5120 uploaded bytes are too many', async ({ fresh }) => {
    const reply = await dotenv(await fresh(), exactly(5120))
    expect([reply.status, reply.json()]).toEqual([
      400,
      { message: 'Dotenv Artifact Too Big. Maximum Allowable Size: 5120' },
    ])
    expect((await dotenv(await fresh(), exactly(5119))).status).toBe(201)
  })

  test('data that is not gzip, or is damaged, is refused', async ({ fresh }) => {
    const job = await fresh()
    const whole = gzipSync('A=1')
    for (const bytes of ['A=1', '', whole.subarray(0, whole.length - 4), Buffer.concat([whole, Buffer.from('x')])]) {
      const reply = await dotenv(job, bytes)
      expect([reply.status, reply.json()]).toEqual([400, { message: 'Invalid Format' }])
    }
  })

  test('in another format it is refused', async ({ fresh }) => {
    const job = await fresh()
    for (const format of ['raw', 'zip']) {
      const reply = await job.upload('A=1', { type: 'dotenv', format })
      expect(reply.status).toBe(400)
      expect(reply.json<{ message: string }>().message).toMatch(
        /Invalid file format with specified file type|Invalid Format/,
      )
    }
  })
})

test.describe('annotations', () => {
  const lists = (count: number) =>
    JSON.stringify(Object.fromEntries([...Array(count).keys()].map((n) => [`l${n}`, []])))

  test('are lists with names', async ({ fresh, admin }) => {
    const job = await fresh()
    const text = JSON.stringify({ links: [{ external_link: { label: 'a', url: 'http://127.0.0.1/' } }] })
    expect((await annotations(job, gzipSync(text))).status).toBe(201)
    expect(await admin.query('artifacts.list', { jobId: job.id })).toEqual([
      expect.objectContaining({ type: 'annotations', format: 'gzip' }),
    ])
  })

  for (const text of ['[]', '"x"', '1', 'null', '{', '']) {
    test(`${JSON.stringify(text)} is refused: not a JSON object`, async ({ fresh }) => {
      const reply = await annotations(await fresh(), gzipSync(text))
      expect([reply.status, reply.json()]).toEqual([400, { message: 'Annotations files must be a JSON object' }])
    })
  }

  test('20 lists at most, in all members together', async ({ fresh }) => {
    const job = await fresh()
    const message = 'Annotations files cannot have more than 20 annotation lists'
    expect((await annotations(job, gzipSync(lists(21)))).json()).toEqual({ message })
    expect((await annotations(job, members(lists(20), '{"more":[]}'))).json()).toEqual({ message })
    expect((await annotations(job, gzipSync(lists(20)))).status).toBe(201)
  })

  test('81920 uploaded bytes at most', async ({ fresh }) => {
    const job = await fresh()
    const text = (length: number) => gzipSync(JSON.stringify({ a: randomBytes(length).toString('base64') }))
    const reply = await annotations(job, text(90_000))
    expect([reply.status, reply.json()]).toEqual([
      400,
      { message: 'Annotations Artifact Too Big. Maximum Allowable Size: 81920' },
    ])
    expect((await annotations(job, text(60_000))).status).toBe(201)
  })
})

/** Returns a gzip of a valid dotenv file with exactly this size, padded by a file name in its header. */
function exactly(size: number): Buffer {
  const plain = gzipSync('A=1')
  const header = Buffer.from(plain.subarray(0, 10))
  header[3] = 0x08
  const name = Buffer.alloc(size - plain.length - 1, 'n')
  return Buffer.concat([header, name, Buffer.alloc(1), plain.subarray(10)])
}
