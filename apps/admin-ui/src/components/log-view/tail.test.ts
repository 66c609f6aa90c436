import { type Line, plainText, START } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { ErrorLines, Tail } from './tail.ts'

const RED = '\u001b[31mwrong\u001b[0m'

function tailOf(text: string) {
  const taken: Line[] = []
  const tail = new Tail({ state: START, text, changes: [] }, text.length, (lines) => taken.push(...lines))
  return { tail, taken }
}

describe('the end of a log', () => {
  it('includes the unfinished line, as far as it is known', () => {
    const { tail, taken } = tailOf('one\ntw')
    expect(taken.map(plainText)).toEqual(['one'])
    expect(tail.lastLine).toBe(2)
    const unfinished = tail.get(2)
    expect(unfinished && plainText(unfinished)).toBe('tw')
    expect(tail.push('o\n').lines.map(plainText)).toEqual(['two'])
    tail.look()
    expect([tail.lastLine, tail.get(2)]).toEqual([2, undefined])
  })

  it('finishes the unfinished line when the log is over', () => {
    const { tail } = tailOf('one\ntwo')
    expect(tail.end().lines.map(plainText)).toEqual(['two'])
    expect(tail.lastLine).toBe(2)
  })

  it('counts no line of an empty log', () => {
    expect(tailOf('').tail.lastLine).toBe(0)
  })

  it('reports lines that are extended after later ones', () => {
    const stamp = '2024-05-14T11:43:19.997683Z 01'
    const { tail, taken } = tailOf(`${stamp}E 10%\r\n${stamp}O one\n`)
    expect(taken.map(plainText)).toEqual(['10%'])
    const { lines, changes } = tail.push(`${stamp}E+20%\n${stamp}O two\n`)
    expect(lines.map(plainText)).toEqual(['one'])
    expect(changes.map((change) => [change.number, change.clears, plainText(change)])).toEqual([[1, true, '20%']])
  })

  it('counts on from where it starts', () => {
    const tail = new Tail({ state: { ...START, line: 1_000 }, text: 'x\ny\n', changes: [] }, 4, () => undefined)
    expect(tail.lastLine).toBe(1_001)
  })
})

describe('red lines', () => {
  const follow = (errors: ErrorLines, text: string) => {
    for (const line of tailOf(text).taken) errors.follow(line)
  }

  it('are found before and after a line', () => {
    const errors = new ErrorLines()
    follow(errors, `a\n${RED}\nb\n${RED}\n`)
    expect([errors.after(0), errors.after(2), errors.after(4)]).toEqual([2, 4, undefined])
    expect([errors.before(5), errors.before(4), errors.before(2)]).toEqual([4, 2, undefined])
  })

  it('are added and removed as lines are extended', () => {
    const errors = new ErrorLines()
    follow(errors, `a\n${RED}\nb\n`)
    const change = {
      number: 1,
      stored: 9,
      drops: 0,
      stamp: { time: '', stream: '01', channel: 'out' as const },
      cut: false,
    }
    const red = [{ text: 'wrong', style: { fg: { palette: 16 as const, index: 1 } } }]
    errors.change({ ...change, clears: false, spans: red })
    expect([errors.list, errors.count]).toEqual([[1, 2], 2])
    errors.change({ ...change, number: 2, clears: false, spans: [] })
    errors.change({ ...change, clears: true, spans: [] })
    expect([errors.list, errors.count]).toEqual([[2], 1])
  })

  it('are counted once, whether the server or the stream reported them', () => {
    const errors = new ErrorLines()
    follow(errors, `a\n${RED}\nb\n${RED}\n`)
    follow(errors, `a\n${RED}\n`)
    expect(errors.count).toBe(2)
    errors.learn({ lines: [2], count: 1, upTo: 3 })
    expect([errors.list, errors.count]).toEqual([[2, 4], 2])
    errors.learn({ lines: [2, 4], count: 20_000, upTo: 400_000 })
    expect(errors.count).toBe(20_000)
  })
})
