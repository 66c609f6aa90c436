import { describe, expect, it } from 'vitest'
import { editedFile, editedFiles, filesOf, pathFault, textOf, typedInputs, withInput } from './edited-configuration.ts'

describe('further files', () => {
  it('are named from the top folder', () => {
    expect(filesOf([editedFile(' /ci/a.yml ', 'a'), editedFile('b.yml', '')])).toEqual({ 'ci/a.yml': 'a', 'b.yml': '' })
    expect(filesOf(editedFiles({ 'x/y.yml': 't' }))).toEqual({ 'x/y.yml': 't' })
    expect(filesOf([])).toBeUndefined()
  })

  it.each(['a//b.yml', 'a/', './a.yml', '../a.yml', 'a/../b', 'x'.repeat(1025)])('are not called %j', (path) => {
    const file = editedFile(path, 'text')
    expect(pathFault(file, [file])).not.toBeNull()
    expect(filesOf([file])).toBeUndefined()
  })

  it('need a name once they have a text, and one each', () => {
    const blank = editedFile()
    expect(pathFault(blank, [blank])).toBeNull()
    expect(filesOf([blank])).toBeUndefined()
    expect(pathFault(editedFile('', 'text'), [])).toBe('Enter the path of the file.')
    const [one, other] = [editedFile('a.yml', '1'), editedFile('/a.yml', '2')]
    expect(pathFault(one, [one, other])).toBe('Another file has this path.')
    expect(pathFault(one, [one])).toBeNull()
  })
})

describe('entered inputs', () => {
  const types = new Map([
    ['text', 'string'],
    ['count', 'number'],
    ['fast', 'boolean'],
    ['parts', 'array'],
  ] as const)

  it('are sent in their types', () => {
    expect(typedInputs(types, { text: '5', count: ' 1.5 ', fast: 'true', parts: '["a", 1]' })).toEqual({
      ...{ text: '5', count: 1.5, fast: true, parts: ['a', 1] },
    })
    expect(typedInputs(types, { text: 5, count: 2, fast: false, parts: [] })).toEqual({
      ...{ text: '5', count: 2, fast: false, parts: [] },
    })
    expect(typedInputs(types, {})).toBeUndefined()
  })

  it('stay as they are when they do not fit, and when their type is unknown', () => {
    const given = { count: '1.', fast: 'yes', parts: '{"a": 1}', unknown: '5', other: [1] }
    expect(typedInputs(types, given)).toEqual(given)
    expect(typedInputs(types, { parts: '[' })).toEqual({ parts: '[' })
  })

  it('are shown as text, and taken back', () => {
    expect([textOf('a'), textOf(5), textOf(['a']), textOf(true)]).toEqual(['a', '5', '["a"]', 'true'])
    expect(withInput({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 })
    expect(withInput({ a: 1 }, 'a', 'x')).toEqual({ a: 'x' })
  })
})
