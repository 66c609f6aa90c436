import { limitConcurrency } from '../limit-concurrency.ts'
import { Slices } from '../slices.ts'
import { gzipDocuments, ReportFault } from './formats/gzip-documents.ts'
import { JunitReader } from './formats/junit.ts'
import { XmlElements } from './formats/xml-elements.ts'
import { type XmlDecoder, xmlDecoder } from './formats/xml-text.ts'
import { hasFailed, type TestCase, type TestReport } from './test-case.ts'

/** Most bytes of a report as uploaded, and unpacked. */
const MOST_BYTES = 16_777_216
const MOST_UNPACKED_BYTES = 67_108_864
/** Tests that are listed, of those that failed and of the others. All are counted. */
const MOST_FAILED = 5_000
const MOST_OTHERS = 20_000
/** Characters of the outputs of all tests of a report. */
const MOST_OUTPUT = 4_194_304
/** Read without a pause; about a millisecond. */
const BYTES_AT_ONCE = 16_384
const MOST_NOTES = 20

/** One report after the other: their tests take memory, and together they would not be read any sooner. */
const inTurn = limitConcurrency(1)

/**
 * Reads the tests of a JUnit report as a runner uploads it. What is broken or too large is a note: the tests before it
 * count, and those of the report's other files. Runs in slices.
 */
export async function readTests(body: AsyncIterable<Uint8Array>): Promise<TestReport> {
  const tests = new Tests()
  const gzip = await gathered(body)
  if (gzip === null) return tests.report([`The report has more than ${MOST_BYTES} bytes.`])
  const notes: string[] = []
  try {
    await inTurn(() => readDocuments(gzip, tests, notes))
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error
    notes.push(sentence(error.message))
  }
  return tests.report(notes)
}

/** Reads the XML documents of a report one after the other. */
async function readDocuments(gzip: Buffer, tests: Tests, notes: string[]): Promise<void> {
  const slices = new Slices()
  let document: Document | null = null
  let files = 0
  for await (const { bytes, isFirst } of gzipDocuments(gzip, MOST_UNPACKED_BYTES)) {
    if (isFirst) {
      document?.end()
      files += 1
      document = new Document(xmlDecoder(bytes), tests, `file ${files} of the report is broken`, notes)
    }
    for (let at = 0; at < bytes.length; at += BYTES_AT_ONCE) {
      if (slices.due) await slices.next()
      document?.write(bytes.subarray(at, at + BYTES_AT_ONCE))
    }
  }
  document?.end()
}

/** One file of a report. It is read up to its first fault. */
class Document {
  readonly #decoder: XmlDecoder
  readonly #elements: XmlElements
  readonly #broken: string
  readonly #notes: string[]
  #isBroken = false

  constructor(decoder: XmlDecoder, tests: Tests, broken: string, notes: string[]) {
    this.#decoder = decoder
    this.#elements = new XmlElements(new JunitReader((test) => tests.add(test)))
    this.#broken = broken
    this.#notes = notes
  }

  write(bytes: Uint8Array): void {
    this.#try(() => this.#elements.write(this.#decoder.decode(bytes, { stream: true })))
  }

  end(): void {
    this.#try(() => {
      this.#elements.write(this.#decoder.decode())
      this.#elements.end()
    })
  }

  #try(read: () => void): void {
    if (this.#isBroken) return
    try {
      read()
    } catch (error) {
      if (!(error instanceof ReportFault)) throw error
      this.#isBroken = true
      if (this.#notes.length < MOST_NOTES) this.#notes.push(sentence(`${this.#broken}: ${error.message}`))
    }
  }
}

/** Returns a whole body, or null when it is too large. */
async function gathered(body: AsyncIterable<Uint8Array>): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MOST_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1, 500)}.`

/** Counts tests, and lists those that fit. */
class Tests {
  readonly #failed: TestCase[] = []
  readonly #others: TestCase[] = []
  #counts = { total: 0, failed: 0, skipped: 0, seconds: 0 }
  #output = 0

  add(test: TestCase): void {
    const failed = hasFailed(test)
    this.#counts.total += 1
    this.#counts.seconds += test.seconds ?? 0
    if (failed) this.#counts.failed += 1
    if (test.status === 'skipped') this.#counts.skipped += 1
    if (failed && this.#failed.length < MOST_FAILED) this.#failed.push(this.#withinOutput(test))
    if (!failed && this.#others.length < MOST_OTHERS) this.#others.push(this.#withinOutput(test))
  }

  report(notes: string[]): TestReport {
    const cases = [...this.#failed, ...this.#others]
    const left = this.#counts.total - cases.length
    if (left > 0) notes.push(`${left} of the ${this.#counts.total} tests are counted, but not listed.`)
    if (this.#output > MOST_OUTPUT) notes.push('The outputs of some tests are left out: there is too much of it.')
    if (this.#counts.total === 0 && notes.length === 0) notes.push('The report has no tests.')
    return { ...this.#counts, cases, notes }
  }

  #withinOutput(test: TestCase): TestCase {
    this.#output += test.output?.length ?? 0
    return this.#output > MOST_OUTPUT ? { ...test, output: null } : test
  }
}
