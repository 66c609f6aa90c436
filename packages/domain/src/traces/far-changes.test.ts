import type { LineChange } from '@yardmaster/trace-format'
import { plainText } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { FarChanges } from './far-changes.ts'

const change = (number: number, text: string, more: Partial<LineChange> = {}): LineChange => ({
  ...{ number, stored: 1, drops: 0, clears: false, overlay: null, cut: false },
  stamp: { time: '2024-05-14T11:43:19.997683Z', stream: '01', channel: 'err' },
  spans: [{ text, style: {} }],
  ...more,
})
const text = (changes: FarChanges, line: number) => plainText(changes.byLine.get(line) ?? { spans: [] })

describe('continuations far from their line', () => {
  it('are one change for each line, from the first stored line on', () => {
    const changes = new FarChanges()
    changes.add(change(1, 'one, ', { stored: 7 }))
    changes.add(change(1, 'two', { stored: 9 }))
    expect(changes.byLine.get(1)).toMatchObject({ stored: 7, clears: false })
    expect(text(changes, 1)).toBe('one, two')
    changes.add(change(1, Buffer.from('Grüße').toString('latin1'), { stored: 11, clears: true }))
    expect(changes.byLine.get(1)).toMatchObject({ stored: 7, clears: true, cut: false })
    expect(text(changes, 1)).toBe('Grüße')
  })

  it('are bounded per line and per log, and mark where text is left out', () => {
    const changes = new FarChanges()
    const styled = Array.from({ length: 5_000 }, (_, turn) => ({
      text: 'x',
      style: turn % 2 ? {} : { bold: true as const },
    }))
    for (let line = 1; line <= 500; line++) {
      for (let turn = 0; turn < 5; turn++) changes.add(change(line, 'y'.repeat(100_000)))
      changes.add(change(line, '', { spans: styled }))
    }
    const all = [...changes.byLine.values()]
    expect(all).toHaveLength(500)
    expect(all.every(({ cut }) => cut)).toBe(true)
    expect(JSON.stringify(all).length).toBeLessThan(4_000_000)
  })

  it('have room again when a line is cleared', () => {
    const changes = new FarChanges()
    for (let turn = 0; turn < 10_000; turn++) changes.add(change(1, 'z'.repeat(1_000), { clears: true }))
    expect(changes.byLine.get(1)?.cut).toBe(false)
    changes.add(change(2, 'short'))
    expect(text(changes, 2)).toBe('short')
  })
})
