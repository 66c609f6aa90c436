import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Ports } from '../ports.ts'
import { KEPT_FROM_BYTES, keepIndex, openIndex } from './kept-index.ts'
import { type LineIndex, LineIndexer } from './line-index.ts'

/** Ports with one object and a log of this length. */
function portsOf(storedBytes: number) {
  let object: Uint8Array | null = null
  const ports = {
    objects: {
      put: async (_key: string, bytes: Uint8Array) => {
        object = bytes
      },
      get: async () => (object ? [object] : null),
      delete: async () => {
        object = null
      },
    },
    traces: { pieces: async () => ({ storedBytes }) },
  } as unknown as Pick<Ports, 'objects' | 'traces'>
  return { ports, put: (text: string) => ports.objects.put('', gzipSync(text)), isEmpty: () => object === null }
}

const SECTION = (name: string) => `section_start:1:${name}\r\x1b[0Khead of ${name}\nx\nsection_end:2:${name}\r\x1b[0K\n`
const STAMPED = (flag: string, text: string) => `2024-05-14T11:43:19.997683Z 0${flag.at(0)}O${flag.at(1)}${text}\n`

function indexOf(text: string): LineIndexer {
  const bytes = Buffer.from(text.repeat(Math.ceil((2 * KEPT_FROM_BYTES) / text.length)))
  const indexer = new LineIndexer()
  for (const _ of indexer.push(bytes));
  indexer.finish()
  return indexer
}

const plain = (index: LineIndex): LineIndex => ({
  ...{ bytes: index.bytes, lines: index.lines, stamped: index.stamped, firstStamp: index.firstStamp },
  redrawn: index.redrawn,
  ...{ checkpoints: index.checkpoints, changes: index.changes },
  ...{ sections: index.sections, sectionCount: index.sectionCount },
  ...{ errorLines: index.errorLines, errorLineCount: index.errorLineCount },
  ...{ warningLines: index.warningLines, warningLineCount: index.warningLineCount },
  ...{ redLines: index.redLines, redLineCount: index.redLineCount },
})

describe('the index kept with a finished log', () => {
  const logs = {
    lines: 'some words\n',
    sections: Array.from({ length: 40 }, (_, index) => SECTION(`s${index}`)).join(''),
    'error lines': '\x1b[31mERROR: no\x1b[0m\nfine\nwarning: dim\n\x1b[31m- old\x1b[0m\n',
    'redrawn lines': `one\ntwo\n\x1b[2A\x1b[2Knew\n\n${'more\n'.repeat(100)}`,
    streams: `${STAMPED('0 ', 'one')}${STAMPED('1 ', 'another ').repeat(3_000)}${STAMPED('0+', ' goes on')}`,
  }
  for (const [name, text] of Object.entries(logs)) {
    it(`is read as it was written: ${name}`, async () => {
      const index = indexOf(text)
      const { ports } = portsOf(index.bytes)
      await keepIndex(ports, 1, index)
      const opened = await openIndex(ports, 1, index.bytes)
      expect(opened && plain(opened)).toEqual(plain(index))
    })
  }

  it('is ignored when it is of another version or another log, or not an index at all', async () => {
    const index = indexOf(logs.lines)
    const { ports, put } = portsOf(index.bytes)
    await keepIndex(ports, 1, index)
    expect(await openIndex(ports, 1, index.bytes + 1)).toBeNull()
    for (const text of [
      '',
      'null',
      '{}',
      'nonsense',
      '{"version":6}\nnonsense',
      `{"version":5,"bytes":${index.bytes},"errorLineCount":0}`,
      '{"version":2}',
      `{"version":99,"bytes":${index.bytes}}`,
    ]) {
      await put(text)
      expect(await openIndex(ports, 1, index.bytes), text).toBeNull()
    }
  })

  it('is deleted when the log was erased meanwhile', async () => {
    const index = indexOf(logs.lines)
    const { ports, isEmpty } = portsOf(0)
    await keepIndex(ports, 1, index)
    expect(isEmpty()).toBe(true)
  })
})
