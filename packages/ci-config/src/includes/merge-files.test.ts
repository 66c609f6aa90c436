import { describe, expect, it } from 'vitest'
import { filesSource } from './files-source.ts'
import { compileIncludes, faultOf, merged, refusal } from './testing.ts'

describe('the merge of included files', () => {
  it('puts included keys first, and lets later files and the including one win', async () => {
    const files = {
      'a.yml': 'one: {script: a, image: x}\ntwo: {tags: [a]}',
      'b.yml': 'two: {tags: [b]}\none: {image: y}',
    }
    const result = await merged('include: [a.yml, b.yml]\nthree: 1\none: {script: c}', files)
    expect(JSON.stringify(result)).toBe(
      JSON.stringify({ one: { script: 'c', image: 'y' }, two: { tags: ['b'] }, three: 1 }),
    )
  })

  it('replaces by null too', async () => {
    expect(await merged('include: a.yml\none: {image: null}', { 'a.yml': 'one: {image: x, script: a}' })).toEqual({
      one: { image: null, script: 'a' },
    })
  })

  it('does not change what anchors share', async () => {
    const files = { 'a.yml': 'one: &x {script: a}\ntwo: *x' }
    expect(await merged('include: a.yml\none: {tags: [b]}', files)).toEqual({
      one: { script: 'a', tags: ['b'] },
      two: { script: 'a' },
    })
  })

  it('follows includes of included files', async () => {
    const files = {
      'a.yml': 'include: [/ci/b.yml]\na: 1',
      'ci/b.yml': 'include: c.yml\nb: 1\na: 2',
      'c.yml': 'c: 1\nb: 3',
    }
    expect(await merged('include: a.yml', files)).toEqual({ c: 1, b: 1, a: 1 })
  })

  it('keeps the include where no file comes of it', async () => {
    expect(await merged('include: []\na: 1')).toEqual({ include: [], a: 1 })
    expect(await merged('include: {local: x.yml, rules: [{when: never}]}\na: 1')).toMatchObject({ a: 1, include: {} })
    expect(await merged('include: {project: a/b}\na: 1')).toMatchObject({ include: { project: 'a/b' } })
  })

  it('names the file and the line of what it merged', async () => {
    const files = { 'ci/a.yml': 'a:\n  - "x"\nb: [' }
    expect(await faultOf(merged('x: 1\ninclude: ci/a.yml', files))).toMatchObject({ file: 'ci/a.yml', line: 3 })
    expect(await faultOf(merged('x: 1\ninclude:\n  - no.yml'))).toMatchObject({ file: null, line: 3, column: 5 })
  })

  it('gives inputs to included files', async () => {
    const files = {
      'a.yml': 'spec: {inputs: {n: {type: number}}}\n---\n"j$[[ inputs.n ]]": {parallel: "$[[ inputs.n ]]"}',
    }
    const text = 'include:\n  - {local: a.yml, inputs: {n: 2}}\n  - {local: a.yml, inputs: {n: 3}}'
    expect(await merged(text, files)).toEqual({ j2: { parallel: 2 }, j3: { parallel: 3 } })
    expect(await refusal('include: {local: a.yml, inputs: {n: x}}', files)).toBe(
      '`a.yml`: `n` input: provided value is not a number',
    )
    expect(await refusal('include: {local: a.yml, inputs: [x]}', files)).toBe('`a.yml`: Given inputs must be a hash')
    expect(await refusal('include: {local: b.yml, inputs: {n: 1}}', { 'b.yml': 'a: 1' })).toBe(
      '`b.yml`: Given inputs not defined in the `spec` section of the included configuration file',
    )
  })

  it('tells what is doubtful in included files', async () => {
    const warnings: string[] = []
    const source = filesSource({ 'a.yml': 'a: 1\na: 2' })
    await compileIncludes('include: a.yml', { source, onWarning: ({ message }) => warnings.push(message) })
    expect(warnings).toEqual([expect.stringContaining('a is written twice')])
  })
})
