import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Glob } from './glob.ts'

it.each([
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/deep/a.ts', false],
  ['*', '.hidden', true],
  ['notes/**', 'notes/a', true],
  ['notes/**', 'notes/a/b', false],
  ['notes/**/*', 'notes/a/b/c', true],
  ['notes/**/*.{md,txt}', 'notes/x/y.md', true],
  ['notes/**/*.{md,txt}', 'notes/y.txt', true],
  ['**/go.mod', 'go.mod', true],
  ['**/go.mod', 'pkg/a/go.mod', true],
  ['**/go.mod', 'pkg/ago.mod', false],
  ['a**/b', 'axx/b', true],
  ['a**/b', 'ax/y/b', false],
  ['?.c', 'x.c', true],
  ['?.c', '/.c', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[^a]x', 'bx', true],
  ['[!-~]x', '/x', false],
  ['a[', 'a[', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['{a,b{c,d}}e', 'bde', true],
  ['{a,b', '{a,b', true],
  ['A', 'a', false],
  ['a.b', 'axb', false],
  ['a+(b)', 'a+(b)', true],
])('%s against %s: %s', (pattern, path, matches) => {
  expect(new Glob(pattern).matches(path)).toBe(matches)
})

it('any text is a pattern, in linear time', () => {
  const piece = fc.constantFrom('*', '**/', '?', '[', ']', '!', '^', '-', '{', '}', ',', '\\', 'a', '/', 'é')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.string({ maxLength: 60 }), (pieces, path) => {
      expect(typeof new Glob(pieces.join('')).matches(path)).toBe('boolean')
    }),
  )
})

it('braces that would unfold to more than can be compared match nothing further', () => {
  expect(new Glob('{a,b}'.repeat(30)).matches('ab'.repeat(15))).toBe(false)
})
