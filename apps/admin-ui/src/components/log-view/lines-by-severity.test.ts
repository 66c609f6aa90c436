import { type Line, TraceParser } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import type { TraceOutline } from '../../lib/api.ts'
import { LinesBySeverity } from './lines-by-severity.ts'

const RED = '\u001b[31m- old\u001b[0m'

const lines = (text: string): Line[] => new TraceParser().push(text)

function follow(found: LinesBySeverity, text: string): void {
  for (const line of lines(text)) found.follow(line)
}

const outline = (given: Partial<TraceOutline>) =>
  ({
    ...{ errorLines: [], errorLineCount: 0, warningLines: [], warningLineCount: 0, redLines: [], redLineCount: 0 },
    ...given,
  }) as unknown as TraceOutline

describe('what a log reports', () => {
  it('is found before and after a line, by severity', () => {
    const found = new LinesBySeverity()
    follow(found, `a\nerror: one\nwarning: two\nerror: three\n${RED}\n`)
    const { list } = found.of('error')
    expect(list).toEqual([2, 4])
    expect([0, 2, 4].map((line) => found.of('error').after(line))).toEqual([2, 4, undefined])
    expect([5, 4, 2].map((line) => found.of('error').before(line))).toEqual([4, 2, undefined])
    expect([found.of('warning').list, found.of('red').list]).toEqual([[3], [5]])
  })

  it('changes with a line', () => {
    const found = new LinesBySeverity()
    follow(found, 'a\nwarning: dim\nb\n')
    for (const line of lines(`error: out\nall is well\n${RED}\n`)) found.change(line)
    expect([found.of('error').list, found.of('warning').list, found.of('red').list]).toEqual([[1], [], [3]])
    expect([found.of('error').count, found.of('warning').count, found.of('red').count]).toEqual([1, 0, 1])
  })

  it('is counted once, whether the server or the stream reported it', () => {
    const found = new LinesBySeverity()
    const errors = found.of('error')
    follow(found, 'a\nerror: one\nb\nerror: two\n')
    follow(found, 'a\nerror: one\n')
    expect(errors.count).toBe(2)
    found.learn(outline({ errorLines: [2], errorLineCount: 1, indexedLines: 3 }))
    expect([errors.list, errors.count]).toEqual([[2, 4], 2])
    // The server lists the first ones only.
    found.learn(outline({ errorLines: [2], errorLineCount: 20_000, indexedLines: 400_000 }))
    follow(found, 'a\nb\nc\nerror: two\n')
    expect(errors.count).toBe(20_000)
  })
})
