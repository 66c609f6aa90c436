import { describe, expect, it } from 'vitest'
import { smallRuns } from './merge-trace.ts'

const pieces = (...sizes: number[]) => {
  let at = 0
  return sizes.map((size) => {
    const piece = { start: at, end: at + size, key: `k${at}`, crc: 0, segment: null }
    at += size
    return piece
  })
}

describe('choosing the pieces of a log to join', () => {
  it('joins a run of small pieces', () => {
    expect(smallRuns(pieces(...Array(20).fill(100))).map((run) => run.length)).toEqual([20])
  })

  it('leaves a few small pieces until there are more', () => {
    expect(smallRuns(pieces(...Array(15).fill(100)))).toEqual([])
  })

  it('keeps large pieces and does not join across them', () => {
    const runs = smallRuns(pieces(...Array(16).fill(100), 2_000_000, ...Array(16).fill(100)))
    expect(runs.map((run) => run.length)).toEqual([16, 16])
  })

  it('closes a run that has become large', () => {
    const runs = smallRuns(pieces(...Array(64).fill(65_536)))
    expect(runs.map((run) => run.length)).toEqual([16, 16, 16, 16])
  })
})
