import { describe, expect, it } from 'vitest'
import { rawChanges } from './snapshot.ts'

describe('changes as git lists them', () => {
  it('are paths with their modes, whatever the paths spell', () => {
    const before = '1'.repeat(40)
    const raw = [
      `:100644 100755 ${before} ${before} M`,
      'a b\n"ü".txt',
      `:000000 160000 ${before} ${before} A`,
      ':100644 100755 1 2 M',
      `:100644 000000 ${before} ${before} D`,
      'gone',
      '',
    ].join('\0')
    expect(rawChanges(raw)).toEqual([
      { mode: '100755', path: 'a b\n"ü".txt' },
      { mode: '160000', path: ':100644 100755 1 2 M' },
      { mode: '000000', path: 'gone' },
    ])
    expect(rawChanges('')).toEqual([])
  })
})
