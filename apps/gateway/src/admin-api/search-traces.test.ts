import { describe, expect, it } from 'vitest'
import { finished, search, setUpTraceScene } from '../testing/trace-scene.ts'

setUpTraceScene()

describe('traces.search', () => {
  it('answers with matches, their places and counts', async () => {
    const jobId = await finished('one\nth\x1b[31mre\x1b[0me\nthree three\n')
    expect(await search({ jobId, query: 'THREE', limit: 2 })).toMatchObject({
      ...{ totalLines: 3, complete: true, size: expect.any(Number), count: 2, bucketLines: 1, searchedTo: 3 },
      ...{ timedOut: false, truncated: false, nextLine: null },
      matches: [
        { line: 2, start: 0, end: 5, snippet: 'three', snippetStart: 0 },
        { line: 3, start: 0, end: 5, snippet: 'three three', snippetStart: 0 },
        { line: 3, start: 6, end: 11, snippet: 'three three', snippetStart: 0 },
      ],
      buckets: [
        { line: 2, count: 1 },
        { line: 3, count: 1 },
      ],
    })
    expect(await search({ jobId, query: 'THREE', caseSensitive: true })).toMatchObject({ count: 0 })
    expect(await search({ jobId, query: '^t.*e$', regex: true, fromLine: 3, toLine: 3 })).toMatchObject({ count: 1 })
  })

  it('reports the error in a pattern', async () => {
    const jobId = await finished('x\n')
    await expect(search({ jobId, query: '(', regex: true })).rejects.toThrow(/400.*query: .*missing/)
    await expect(search({ jobId, query: '(a)\\1', regex: true })).rejects.toThrow(/400/)
  })
})
