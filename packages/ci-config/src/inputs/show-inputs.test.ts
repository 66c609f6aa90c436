import { describe, expect, it } from 'vitest'
import { filesSource } from '../includes/files-source.ts'
import type { Json } from '../yaml/tree.ts'
import { showInputs } from './show-inputs.ts'

const show = (text: string, inputs: Record<string, Json> = {}, files: Record<string, string> = {}) =>
  showInputs(text, { inputs, source: filesSource(files) })
const header = (inputs: string) => `spec:\n  inputs: ${inputs}\n---\njob: { script: x }\n`
/** What an input has whose declaration says nothing. */
const plain = { type: 'string', description: null, isRequired: true, default: null, options: null, regex: null }
const missing = (name: string) => [`\`${name}\` input: required value has not been provided`]

describe('the inputs that a form shows', () => {
  it('are those that the header declares, in its order, with type, default, options and description', async () => {
    const text = header(`
    place: { description: Where to, options: [test, live], default: test }
    count: { type: number, default: 2 }
    fast: { type: boolean, default: false }
    parts: { type: array, default: [a, b] }
    version: { regex: ^v }
    empty: { default: '' }
    other:`)
    expect(await show(text, { version: 'v1', other: 'x' })).toEqual([
      {
        ...{ ...plain, name: 'place', description: 'Where to', isRequired: false, default: 'test' },
        ...{ options: ['test', 'live'], problems: [] },
      },
      { ...plain, name: 'count', type: 'number', isRequired: false, default: 2, problems: [] },
      { ...plain, name: 'fast', type: 'boolean', isRequired: false, default: false, problems: [] },
      { ...plain, name: 'parts', type: 'array', isRequired: false, default: ['a', 'b'], problems: [] },
      { ...plain, name: 'version', regex: '^v', problems: [] },
      { ...plain, name: 'empty', isRequired: false, default: '', problems: [] },
      { ...plain, name: 'other', problems: [] },
    ])
  })

  it('say what is wrong with the value of each', async () => {
    const text = header('{a: , b: {type: number}, c: {options: [x]}}')
    expect((await show(text, { b: 'many', c: 'y' }))?.map(({ problems }) => problems)).toEqual([
      missing('a'),
      ['`b` input: provided value is not a number'],
      ['`c` input: `y` cannot be used because it is not in the list of allowed options'],
    ])
  })

  it('follow rules that ask for the values of others', async () => {
    const text = header(
      '{b: {default: x}, a: {rules: [{if: "$[[ inputs.b ]] == \\"y\\"", options: [p], default: p}, {options: [q], default: q}]}}',
    )
    expect((await show(text))?.[1]).toMatchObject({ default: 'q', options: ['q'] })
    expect((await show(text, { b: 'y' }))?.[1]).toMatchObject({ default: 'p', options: ['p'] })
  })

  it('include those of other files that are at hand', async () => {
    const text = 'spec:\n  include: [{local: /i.yml}]\n  inputs: {b: }\n---\njob: { script: x }\n'
    const names = async (files: Record<string, string>) => (await show(text, {}, files))?.map(({ name }) => name)
    expect(await names({ 'i.yml': 'inputs: {a: }' })).toEqual(['a', 'b'])
    expect(await names({})).toEqual(['b'])
  })

  it('are none without a header, and unknown while the text is broken', async () => {
    expect(await show('job: { script: x }')).toEqual([])
    expect(await show('')).toEqual([])
    for (const text of ['spec:\n  inputs: {a: [\n', header('{a: {type: odd}}'), header('[a]')]) {
      expect(await show(text), text).toBeNull()
    }
  })
})
