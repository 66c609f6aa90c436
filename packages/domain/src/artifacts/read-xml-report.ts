import { limitConcurrency } from '../limit-concurrency.ts'
import { Slices } from '../slices.ts'
import { gzipDocuments, ReportFault } from './formats/gzip-documents.ts'
import { type ElementListener, XmlElements } from './formats/xml-elements.ts'
import { type XmlDecoder, xmlDecoder } from './formats/xml-text.ts'

/** Most bytes of a report as uploaded, and unpacked. */
const MOST_BYTES = 16_777_216
const MOST_UNPACKED_BYTES = 67_108_864
/** Read without a pause; about a millisecond. */
const BYTES_AT_ONCE = 16_384
const MOST_NOTES = 20

/** One report after the other: what they say takes memory, and together they would not be read any sooner. */
const inTurn = limitConcurrency(1)

/**
 * Reads the XML files of a report as a runner uploads it, in slices: gzip with one member per file.
 *
 * @param begin - returns what receives the elements of the next file.
 * @returns sentences about what is broken or too large. Each file is read up to its first fault.
 */
export async function readXmlReport(
  body: AsyncIterable<Uint8Array>,
  begin: () => ElementListener,
): Promise<readonly string[]> {
  const gzip = await gathered(body)
  if (gzip === null) return [`The report has more than ${MOST_BYTES} bytes.`]
  const notes: string[] = []
  try {
    await inTurn(() => readDocuments(gzip, begin, notes))
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error
    notes.push(sentence(error.message))
  }
  return notes
}

/** Reads the XML documents of a report one after the other. */
async function readDocuments(gzip: Buffer, begin: () => ElementListener, notes: string[]): Promise<void> {
  const slices = new Slices()
  let document: Document | null = null
  let files = 0
  for await (const { bytes, isFirst } of gzipDocuments(gzip, MOST_UNPACKED_BYTES)) {
    if (isFirst) {
      document?.end()
      files += 1
      document = new Document(xmlDecoder(bytes), begin(), `file ${files} of the report is broken`, notes)
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

  constructor(decoder: XmlDecoder, listener: ElementListener, broken: string, notes: string[]) {
    this.#decoder = decoder
    this.#elements = new XmlElements(listener)
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
