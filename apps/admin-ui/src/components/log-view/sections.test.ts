import { TraceParser } from '@yardmaster/trace-format'
import { describe, expect, it } from 'vitest'
import { Sections } from './sections.ts'

const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\x1b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`

function follow(text: string): Sections {
  const sections = new Sections()
  for (const line of new TraceParser().push(text)) sections.follow(line)
  return sections
}
const LOG = [
  `${start('a', 10)}A`,
  'inside',
  `${start('b', 20, '[collapsed=true]')}B`,
  'deep',
  end('b', 25),
  `${end('a', 40)}${start('c', 40)}C`,
  'open',
  '',
].join('\n')

describe('sections of a log', () => {
  it('hide the lines that the server reports', () => {
    const sections = follow(LOG)
    expect([1, 3, 6].map((line) => sections.at(line))).toMatchObject([
      { header: 'A', startLine: 1, endLine: 5, startedAt: 10, endedAt: 40, depth: 0 },
      { header: 'B', startLine: 3, endLine: 5, depth: 1 },
      { header: 'C', startLine: 6, endLine: null, endedAt: null },
    ])
  })

  it('hide nothing after the end of their outer section, even when left open', () => {
    const sections = follow(
      `${start('step', 1)}S\n${start('mine', 2, '[collapsed=true]')}M\nx\n${end('step', 9)}wrong\n`,
    )
    expect(sections.hidden).toEqual([{ first: 3, last: 3 }])
    expect([1, 2].map((line) => sections.at(line)?.endedAt)).toEqual([9, 9])
  })

  it('are folded by option, by hand, and all at once', () => {
    const sections = follow(LOG)
    expect(sections.hidden).toEqual([{ first: 4, last: 5 }])
    sections.foldAll(true)
    expect(sections.hidden).toHaveLength(3)
    const open = sections.at(6)
    if (open) sections.fold(open, false)
    expect(sections.hidden.map(({ first }) => first).sort()).toEqual([2, 4])
    sections.foldAll(false)
    // A line that only ends a section is never shown.
    expect(sections.hidden).toEqual([{ first: 5, last: 5 }])
  })

  it('are unfolded around a line that the user goes to', () => {
    const sections = follow(LOG)
    sections.foldAll(true)
    expect(sections.reveal(4)).toBe(true)
    expect(sections.hidden.map(({ first }) => first)).toEqual([5, 7])
    expect(sections.reveal(4)).toBe(false)
  })

  it('are kept, with their ends, beside those that the server reports', () => {
    const sections = follow(LOG)
    const known = sections.at(1)
    if (!known) throw new Error('not known')
    sections.learn([{ ...known, endLine: null, endedAt: null }], 4)
    expect(sections.at(1)?.endLine).toBe(5)
    expect(sections.at(3)).toBeUndefined()
    expect(sections.at(6)?.header).toBe('C')
  })

  it('are ordered by how long they took, as far as they say so', () => {
    const timed = (name: string, from: number, to: number, options = '') =>
      `${start(name, from, options)}${name}\nx\n${end(name, to)}\n`
    const sections = follow(
      [
        timed('a', 10, 12),
        timed('b', 12, 80),
        timed('c', 80, 80),
        timed('secret', 80, 200, '[hide_duration=true]'),
        timed('d', 200, 202),
        `${start('open', 202)}open\n`,
      ].join(''),
    )
    const slowest = (most: number) => sections.slowest(most).map(({ section, seconds }) => [section.name, seconds])
    expect(slowest(5)).toEqual([
      ['b', 68],
      ['a', 2],
      ['d', 2],
    ])
    expect(slowest(1)).toEqual([['b', 68]])
  })

  it('know which one contains a line', () => {
    const sections = follow(LOG)
    expect([1, 2, 4, 5, 7].map((line) => sections.around(line)?.name)).toEqual(['a', 'a', 'b', 'b', 'c'])
  })
})
