import { describe, expect, it } from 'vitest'
import { factsOf, tableOf } from './table.ts'
import type { Terminal } from './terminal.ts'

const terminal = (isTerminal: boolean): Terminal => ({
  isTerminal,
  colours: isTerminal,
  asks: false,
  out: async () => undefined,
  progress: () => undefined,
  say: () => undefined,
  complain: () => undefined,
  paint: (text, paint) => (isTerminal ? `<${paint}>${text}</>` : text),
})

const columns = [
  { title: 'NAME', cell: (row: { name: string; id: number | null }) => row.name },
  { title: 'ID', cell: (row: { name: string; id: number | null }) => row.id },
]

describe('a table', () => {
  it('aligns wide characters, and shows control characters as text', () => {
    const rows = [
      { name: '日本', id: 1 },
      { name: 'a\tb\nc', id: null },
      { name: 'x', id: 3 },
    ]
    expect(tableOf(terminal(false), columns, rows)).toBe('NAME     ID\n日本     1\na\\tb\\nc\nx        3\n')
  })

  it('has whole cells unless it is shown on a terminal', () => {
    const rows = [{ name: 'x'.repeat(100), id: 1 }]
    expect(tableOf(terminal(false), columns, rows)).toContain('x'.repeat(100))
    expect(tableOf(terminal(true), columns, rows)).toContain(`${'x'.repeat(59)}…`)
  })
})

describe('facts', () => {
  it('leave out what is not known', () => {
    const facts = [
      ['Job', 1],
      ['Runner', null],
      ['Ref', 'a\u001bb'],
    ] as const
    expect(factsOf(terminal(false), facts)).toBe('Job: 1\nRef: a\uFFFDb\n')
  })
})
