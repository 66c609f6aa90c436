import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { Slices } from '../slices.ts'
import { TEST_STATUSES, type TestCase, type TestReport } from './test-case.ts'

/** Increase it when a line means something else: listings of other versions are not read, but the reports themselves. */
const VERSION = 1
/** Tests in one line, which is written and read in one piece. */
const CASES_PER_LINE = 8
/** Longer than the longest line that is written. */
const LONGEST_LINE = 4_194_304

/** A test as it is stored: suite, name, class, index of the status, seconds, output, and 1 when it is flaky. */
type StoredCase = readonly [string, string, string | null, number, number | null, string | null, 0 | 1]

/**
 * Returns the tests of a report in their stored form, compressed with gzip: a line of JSON with the counts, and lines
 * with a few tests each. It is stored beside the report, so that the report is read only once.
 */
export const writeTests = (report: TestReport): AsyncIterable<Uint8Array> =>
  pipeline(Readable.from(linesOf(report), { objectMode: false }), createGzip(), () => {})

async function* linesOf({ cases, ...head }: TestReport): AsyncGenerator<Buffer> {
  const slices = new Slices()
  yield Buffer.from(`${JSON.stringify({ version: VERSION, ...head })}\n`)
  for (let at = 0; at < cases.length; at += CASES_PER_LINE) {
    if (slices.due) await slices.next()
    yield Buffer.from(`${JSON.stringify(cases.slice(at, at + CASES_PER_LINE).map(toStored))}\n`)
  }
}

const toStored = ({ suite, name, classname, status, seconds, output, flaky }: TestCase): StoredCase => [
  ...([suite, name, classname, TEST_STATUSES.indexOf(status)] as const),
  ...([seconds, output, flaky ? 1 : 0] as const),
]

/** Reads what `writeTests` wrote. Returns null for a damaged listing, and for one of another version. */
export async function readTestListing(gzip: AsyncIterable<Uint8Array>): Promise<TestReport | null> {
  try {
    return await read(gzip)
  } catch {
    return null
  }
}

async function read(gzip: AsyncIterable<Uint8Array>): Promise<TestReport | null> {
  const slices = new Slices()
  let head: (Omit<TestReport, 'cases'> & { readonly version: number }) | null = null
  const cases: TestCase[] = []
  for await (const line of readLines(pipeline(Readable.from(gzip), createGunzip(), () => {}))) {
    if (slices.due) await slices.next()
    if (head) for (const stored of JSON.parse(line) as StoredCase[]) cases.push(fromStored(stored))
    else head = JSON.parse(line)
    if (head?.version !== VERSION) return null
  }
  if (!head) return null
  const { total, failed, skipped, seconds, notes } = head
  return { total, failed, skipped, seconds, notes, cases }
}

const fromStored = ([suite, name, classname, status, seconds, output, flaky]: StoredCase): TestCase => ({
  ...{ suite, name, classname, status: TEST_STATUSES[status] ?? 'error', seconds, output, flaky: flaky === 1 },
})

async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new Error('a line of the listing is too long')
    yield* lines
  }
  if (rest !== '') throw new Error('the listing is cut short')
}
