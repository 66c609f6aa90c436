import { describe, expect, it } from 'vitest'
import { compileIncludes, merged } from './testing.ts'

describe('variables in includes', () => {
  it('are replaced once, unknown ones by nothing', async () => {
    const files = { 'ci/a.yml': 'a: 1', 'ci/b.yml': 'b: 1', '$DIR/x.yml': 'c: 1' }
    expect(await merged('include: ["$DIR/a.yml", {local: "%DIR%/%NOPE%b.yml"}, {local: $NESTED.yml}]', files)).toEqual({
      a: 1,
      b: 1,
      c: 1,
    })
  })

  it('may hide an address', async () => {
    const variables = new Map([['AT', { value: 'https://example.com/a.yml' }]])
    const source = { remote: async () => ({ bytes: new TextEncoder().encode('a: 1') }) }
    expect(await compileIncludes('include: $AT', { variables, source })).toEqual({ a: 1 })
  })
})

describe('wildcards', () => {
  const files = { 'ci/a.yml': 'a: 1', 'ci/b.yml': 'b: 1', 'ci/x/c.yml': 'c: 1', 'ci/d.yaml': 'd: 1' }

  it('take one folder or any depth', async () => {
    expect(await merged('include: ci/*.yml', files)).toEqual({ a: 1, b: 1 })
    expect(await merged('include: /ci/**.yml', files)).toEqual({ a: 1, b: 1, c: 1 })
    expect(await merged('include: ci/**/*.yml', files)).toEqual({ c: 1 })
  })

  it('leave out files that were included before', async () => {
    const nested = { ...files, 'ci/a.yml': 'include: ci/*.yml\na: 1' }
    expect(await merged('include: ci/a.yml', nested)).toEqual({ b: 1, a: 1 })
  })

  it('keep the include when they fit nothing', async () => {
    expect(await merged('include: "no/*.yml"', files)).toEqual({ include: 'no/*.yml' })
  })
})
