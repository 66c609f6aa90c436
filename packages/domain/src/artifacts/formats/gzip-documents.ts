import { crc32, createInflateRaw } from 'node:zlib'
import { headerLength } from './gzip-members.ts'

/** A piece of one of the files in a gzip file. */
export interface DocumentPiece {
  readonly bytes: Buffer
  /** Whether it is the first piece of its file. */
  readonly isFirst: boolean
}

/** Why a report could not be read to its end, in a sentence without its full stop. */
export class ReportFault extends Error {
  override name = 'ReportFault'
}

/** Files in one report. */
const MOST_FILES = 10_000
const TRAILER_BYTES = 8

/**
 * Yields the files of a gzip file in pieces: a runner writes one member per file of a report
 * (`docs/protocol/artifacts.md 5`).
 *
 * @param limit - bytes that all of them together may unpack to.
 * @throws ReportFault for a damaged file, and for one that unpacks to more.
 */
export async function* gzipDocuments(gzip: Buffer, limit: number): AsyncGenerator<DocumentPiece> {
  let left = limit
  let rest = gzip
  for (let files = 0; files === 0 || rest.some((byte) => byte !== 0); files++) {
    if (files === MOST_FILES) throw new ReportFault(`the report has more than ${MOST_FILES} files`)
    const start = headerLength(rest)
    if (start === null) throw new ReportFault('the report is not gzip, or is damaged')
    const engine = createInflateRaw()
    engine.end(rest.subarray(start))
    let crc = 0
    let length = 0
    try {
      for await (const bytes of engine as AsyncIterable<Buffer>) {
        left -= bytes.length
        if (left < 0) throw new ReportFault(`the report unpacks to more than ${limit} bytes`)
        yield { bytes, isFirst: length === 0 }
        crc = crc32(bytes, crc)
        length += bytes.length
      }
    } catch (error) {
      throw error instanceof ReportFault ? error : new ReportFault('the report is damaged: its end is missing or wrong')
    }
    const end = start + engine.bytesWritten
    const isWhole =
      end + TRAILER_BYTES <= rest.length &&
      rest.readUInt32LE(end) === crc &&
      rest.readUInt32LE(end + 4) === length % 2 ** 32
    if (!isWhole) throw new ReportFault('the report is damaged: its checksum is missing or wrong')
    rest = rest.subarray(end + TRAILER_BYTES)
  }
}
