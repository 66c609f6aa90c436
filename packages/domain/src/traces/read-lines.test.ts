import { expect, it } from 'vitest'
import { LineIndexer } from './line-index.ts'
import { readLines } from './read-lines.ts'

/** A log of many lines whose index has reached `text` so far. */
function partlyIndexed(text: string): Parameters<typeof readLines>[0] {
  const index = new LineIndexer()
  for (const _ of index.push(Buffer.from(text)));
  return {
    traces: { pieces: async () => ({ pieces: [], storedBytes: 1_000_000, status: 'running' }) } as never,
    objects: {} as never,
    lines: { view: async () => ({ index, current: false, totalLines: null }) },
  }
}

it.each([{ last: true }, { around: 5_000 }, { from: 5_000 }] as const)(
  'until the index gets there, there is no window %j, rather than one of other lines',
  async (place) => {
    for (const text of ['', 'a line\n'.repeat(20), 'a line\n'.repeat(600)]) {
      const answer = await readLines(partlyIndexed(text), { jobId: 1, limit: 300, ...place })
      expect(answer).toMatchObject({ ok: true, value: { window: null, totalLines: null } })
    }
  },
)
