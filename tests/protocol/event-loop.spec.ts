import { gzipSync } from 'node:zlib'
import type { Admin } from '../support/admin.ts'
import type { ArchiveEntry } from '../support/api.ts'
import { longestHold } from '../support/event-loop.ts'
import { expect, test } from '../support/fixtures.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { zipOf } from '../support/zip.ts'

const MIB = 1_048_576
/** Seconds of work between two turns of the event loop. */
const LONGEST = 0.25

// Sending takes long on a busy machine, but only the gateway's own work is measured.
const zipped = (count: number, name: (index: number) => string): Buffer =>
  zipOf(Array.from({ length: count }, (_, index) => ({ name: name((index * 7_919) % count), stored: true })))

test.describe('an archive blocks the event loop for at most a quarter of a second', () => {
  const archives: Record<string, () => Buffer> = {
    'a hundred thousand long names that are not ASCII': () =>
      zipped(100_000, (index) => `${'ünï日本/'.repeat(6)}${'🛹é'.repeat(20)}${index}`),
    'names of 60,000 bytes that differ at their ends': () =>
      zipped(500, (index) => `${'é🛹'.repeat(10_000)}${String(index).padStart(4, '0')}`),
    'directories in directories': () => zipped(15, (index) => `${index}${'/d'.repeat(1_400)}`),
    'a file that unpacks to a thousand times its size': () => zipOf([{ name: 'file', bytes: Buffer.alloc(64 * MIB) }]),
  }
  for (const [name, archive] of Object.entries(archives)) {
    test(name, async ({ gateway, admin, takenJob }) => {
      const bytes = archive()
      const held = await longestHold(gateway, async () => {
        expect((await takenJob.upload(bytes)).status).toBe(201)
        const { entries } = await browseDown(admin, takenJob.id)
        const file = entries.find(({ directory }) => !directory)
        // The address of a longer path is refused.
        if (file && encodeURI(file.path).length < 8_000) {
          const got = await admin.send('GET', `/download/jobs/${takenJob.id}/files/${encodeURI(file.path)}`)
          expect(got.body).toHaveLength(file.size)
        }
        expect((await takenJob.download()).body.equals(bytes)).toBe(true)
      })
      expect(held).toBeLessThanOrEqual(LONGEST)
    })
  }
})

/** Returns the first page of the first directory with more than one entry. */
async function browseDown(admin: Admin, jobId: number, path = ''): Promise<{ entries: ArchiveEntry[] }> {
  const page = await admin.query('artifacts.browse', { jobId, path })
  const [first] = page.entries
  return first?.directory && page.entries.length === 1 ? browseDown(admin, jobId, first.path) : page
}

test('reports block the event loop for at most a quarter of a second, whatever they unpack to', async ({
  gateway,
  runner,
  createJob,
}) => {
  const gz = (text: string | Uint8Array) => gzipSync(text, { level: 9 })
  const files = (count: number, text: string) => Buffer.concat(Array.from({ length: count }, () => gz(text)))
  const reports: Record<string, readonly [type: string, bytes: Uint8Array, status: number]> = {
    'deep annotations': ['annotations', gz(`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`), 400],
    'annotations that are nothing but brackets': ['annotations', gz('['.repeat(4 * MIB)), 400],
    'flat annotations': ['annotations', gz(`{"a":[${'[],'.repeat(345_000)}0]}`), 400],
    'as many values as annotations may have': ['annotations', gz(`{"a":[${'{"":[]},'.repeat(16_000)}0]}`), 201],
    'annotations that are one text': ['annotations', gz(`{"a":"${'\\u0001'.repeat(170_000)}"}`), 201],
    'annotations that are one number': ['annotations', gz(`{"a":${'9'.repeat(1_000_000)}}`), 201],
    'annotations in thousands of files': ['annotations', files(3_400, '{}'), 201],
    'annotations that unpack to too much': ['annotations', gz(Buffer.alloc(50 * MIB, '[')), 400],
    'dotenv of a quarter of a million lines': ['dotenv', gz('a=b\n'.repeat(260_000)), 201],
    'dotenv of a million empty lines': ['dotenv', gz('\n'.repeat(1_000_000)), 400],
    'dotenv of spaces': ['dotenv', gz(`a=${' '.repeat(1_000_000)}`), 201],
    'dotenv in hundreds of files': ['dotenv', files(210, 'a=b'), 201],
    'dotenv that unpacks to too much': ['dotenv', gz(Buffer.alloc(5_000_000, 'a=b\n')), 400],
    'a report that is not parsed': ['metrics', gz(Buffer.alloc(50 * MIB)), 201],
    'tests of nothing': ['junit', gz(Buffer.alloc(50 * MIB)), 201],
    'half a million tests': ['junit', gz(`<a>${'<testcase name="a" time="1"/>'.repeat(500_000)}</a>`), 201],
    'tests with long outputs': [
      'junit',
      gz(`<a>${`<testcase><failure>${'&lt;\u001b[31m'.repeat(5_000)}</failure></testcase>`.repeat(500)}</a>`),
      201,
    ],
    'tests in thousands of files': ['junit', files(9_000, '<testsuite><testcase/></testsuite>'), 201],
    'tests of one attribute': ['junit', gz(`<testsuite name="${'x'.repeat(60 * MIB)}"/>`), 201],
    'tests of attributes': [
      'junit',
      gz(`<testsuite ${Array.from({ length: 999 }, (_, at) => `a${at}="b"`).join(' ')}/>`),
      201,
    ],
  }
  const held: Record<string, number> = {}
  for (const [name, [type, bytes, status]] of Object.entries(reports)) {
    await createJob()
    const job = await runner.take()
    held[name] = await longestHold(gateway, async () => {
      expect((await job.upload(bytes, { type, format: 'gzip' })).status, name).toBe(status)
    })
  }
  expect(tooLong(held)).toEqual({})
})

const tooLong = (held: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(held).filter(([, seconds]) => seconds > LONGEST))

const stamped = (flag: string, text: string) => `2024-05-14T11:43:19.997683Z 01O${flag}${text}`
const SECTION = 'section_start:1:a\r\x1b[0K'

/** Contents, each repeated to fill the log. */
const LOGS: readonly string[] = [
  ...['x', 'é日本🛹', '\0', '\r', 'x\r', '\n', 'x\n', '\x1b', '\x1b[', '\x1b[31mx\x1b[32my', '\x1b[31mx\n\x1b[32my\n'],
  ...[
    SECTION,
    `${SECTION}x\nsection_end:1:a\r\x1b[0K`,
    'section_start:1:',
    's',
    `section_start:1:${'n'.repeat(420)}\r`,
  ],
  ...[stamped(' ', '\n'), `${stamped(' ', 'x\n')}${stamped('+', 'y\n')}`],
  ...[stamped('+', 'y\n'), `${stamped(' ', 'sectio\n')}${stamped('+', 'n_start:\n')}`],
]

async function patchAll(job: TakenJob, log: Buffer): Promise<void> {
  for (let start = 0; start < log.length; start += MIB) {
    expect((await job.patch(start, log.subarray(start, start + MIB))).status).toBe(202)
  }
}

/** Makes every kind of request for a log. */
async function readEverything(admin: Admin, jobId: number): Promise<void> {
  for (let all = false; !all; ) {
    const { totalLines } = await admin.query('traces.outline', { jobId })
    all = totalLines !== null
  }
  for (const place of [{ from: 1 }, { around: 1_000 }, { last: true }]) {
    await admin.query('traces.lines', { jobId, limit: 2_000, ...place })
  }
  await admin.query('traces.read', { jobId, from: 0, limit: MIB })
  const searches = [
    { query: 'x', caseSensitive: true },
    { query: `${'x'.repeat(499)}b` },
    { query: '.', regex: true },
    { query: '(x|a)*(x|a)*b', regex: true },
    { query: '(?:x{1,50}a){1,20}y', regex: true },
  ]
  // Searches at once, as from many people.
  await Promise.all(searches.map((search) => admin.query('traces.search', { jobId, ...search })))
  await admin.send('GET', `/download/jobs/${jobId}/trace`)
}

test('a log blocks the event loop for at most a quarter of a second, whatever it contains', async ({
  gateway,
  admin,
  runner,
  createJob,
}) => {
  const held: Record<string, number> = {}
  for (const text of LOGS) {
    await createJob()
    const job = await runner.take()
    held[JSON.stringify(text)] = await longestHold(gateway, async () => {
      await patchAll(job, Buffer.alloc(MIB, text))
      await job.put({ state: 'success' })
      await readEverything(admin, job.id)
      await admin.mutate('jobs.erase', { id: job.id })
    })
  }
  expect(tooLong(held)).toEqual({})
})

test('a line of 60 MiB blocks the event loop for at most a quarter of a second', async ({
  gateway,
  admin,
  takenJob,
}) => {
  const held = {
    sent: await longestHold(gateway, () => patchAll(takenJob, Buffer.alloc(60 * MIB, 'x'))),
    read: await longestHold(gateway, () => readEverything(admin, takenJob.id)),
  }
  expect(tooLong(held)).toEqual({})
})
