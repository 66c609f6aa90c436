import { type Line, plainText, START } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { Tail } from './tail.ts'

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
