import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, readYaml, YamlError } from './read-yaml.ts'
import { type Dict, toJson } from './tree.ts'

const read = (text: string) => readYaml({ file: null, text })
const json = (text: string) => toJson(read(text).content)
const meaningOf = (scalar: string) => (json(`k: ${scalar}`) as { k: unknown }).k
const textOf = (scalar: string) => String(read(`k: ${scalar}`).content.get('k'))

describe('a text without quotes', () => {
  it.each([
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['no', false],
    ['off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['0755', 493],
    ['0o17', '0o17'],
    ['0x1f', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['1,000', 1000],
    ['12:30:45', 45_045],
    ['12:30', 45_000],
    ['-5', -5],
    ['1e3', '1e3'],
    ['1.0e+3', 1000],
    ['.5', 0.5],
    ['.', '.'],
    [':word', ':word'],
    ['nullable', 'nullable'],
    ['1.2.3', '1.2.3'],
  ])('%s is %j', (scalar, value) => {
    expect(meaningOf(scalar)).toEqual(value)
  })

  it.each([
    ['1.10', '1.1'],
    ['1.0', '1.0'],
    ['100.0', '100.0'],
    ['1.0e+20', '1.0e+20'],
    ['0.00001', '1.0e-05'],
    ['.inf', 'Infinity'],
    ['-.inf', '-Infinity'],
    ['.nan', 'NaN'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
  ])('%s is the text %s as a variable', (scalar, text) => {
    expect(textOf(scalar)).toBe(text)
  })

  it('stays as it is in quotes', () => {
    expect(json(`a: "yes"\nb: '0755'\nc: |\n  5\n`)).toEqual({ a: 'yes', b: '0755', c: '5\n' })
  })

  it('is kept where other readers see a date, with a warning', () => {
    const { content, warnings } = read('day: 2024-05-01\ntime: 2024-05-01 10:00:00\n')
    expect(toJson(content)).toEqual({ day: '2024-05-01', time: '2024-05-01 10:00:00' })
    expect(warnings.map(({ message }) => message.split(' is')[0])).toEqual(['2024-05-01', '2024-05-01 10:00:00'])
  })
})

describe('maps', () => {
  it('take what << refers to: keys after it win, of a list its first map', () => {
    const text = '.a: &a { x: 1, y: 1 }\n.b: &b { y: 2, z: 2 }\nj: { <<: [*a, *b], z: 3 }\nk: { x: 0, <<: *a }\n'
    expect(json(text)).toMatchObject({ j: { x: 1, y: 1, z: 3 }, k: { x: 1, y: 1 } })
  })

  it('take the last of two equal keys, where the first stood, with a warning that names both lines', () => {
    const { content, warnings } = read('a: 1\nb: 2\na: 3\n')
    expect(content.entries().map(([key, value]) => [key, value])).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    expect(warnings[0]?.message).toContain('lines 1 and 3')
  })

  it('keep keys that are no texts apart from those that are', () => {
    expect(read('10: a\n"10": b\n').content.keys()).toEqual([10, '10'])
  })
})

it('brackets may be closed further left than they were opened, and hold lines of any indentation', () => {
  expect(json('a:\n    b: [\n  one,\n        two\n    ]\n    c: {\n  d: "x\n  y"\n  }\ne: 1\n')).toEqual({
    a: { b: ['one', 'two'], c: { d: 'x y' } },
    e: 1,
  })
})

describe('documents', () => {
  it('are a header and a content where the first has the key spec', () => {
    const { header, content } = read('spec:\n  inputs:\n---\nj: 1\n')
    expect(header && toJson(header)).toEqual({ spec: { inputs: null } })
    expect(toJson(content)).toEqual({ j: 1 })
  })

  it('are one where the text begins with dashes', () => {
    expect(json('---\nj: 1\n')).toEqual({ j: 1 })
    expect(json('# a comment\n---\nj: 1\n')).toEqual({ j: 1 })
  })

  it('are refused where a second one follows without a header', () => {
    expect(() => read('a: 1\n---\nb: 2\n')).toThrow(YamlError)
  })

  it('are nothing where there are only comments, and refused where they are no map', () => {
    expect(json('# nothing\n')).toEqual({})
    expect(() => read('- a\n')).toThrow('Invalid configuration format')
    expect(() => read('just text\n')).toThrow('Invalid configuration format')
  })

  it('may begin with a byte order mark', () => {
    expect(json('\ufeffa: 1\n')).toEqual({ a: 1 })
  })
})

describe('what is refused', () => {
  it.each([
    ['a: *unknown\n', 'Unknown alias: unknown'],
    ['a: &a [*a]\n', 'stands inside what it refers to'],
    ['a: !ruby/object x\n', 'The tag !ruby/object is not known here'],
    ['a: !foo [1]\n', 'The tag !foo is not known here'],
    ['? [a, b]\n: 1\n', 'A key must be a text'],
    ['a: [1\n', 'at line'],
    ['a:\n\tb: 1\n', 'at line 2'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('more than the limits, before it takes memory', () => {
    expect(() => read(`a: "${'x'.repeat(2_097_152)}"\n`)).toThrow('The provided YAML is too big')
    expect(() => read(`a: ${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}\n`)).toThrow(
      'The parsed YAML is too big',
    )
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 30; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
    }
    expect(() => read(bomb.join('\n'))).toThrow('The parsed YAML is too big')
  })
})

it('a value knows where it was written', () => {
  const { content } = readYaml({ file: 'ci/x.yml', text: 'a: 1\njob:\n  script: ls\n' })
  const place = (content.get('job') as Dict).placeOf('script')
  expect(place).toMatchObject({ source: { file: 'ci/x.yml' }, offset: 12 })
})

it('a text that is cut anywhere is read or refused', () => {
  const text =
    'spec: { inputs: { a: ~ } }\n---\n.b: &b\n  <<: { x: !reference [y, z] }\n  s: |\n    one\n  f: >-\n    two\n' +
    `"k": 'v' # c\n? q\n: [1, 0x1f, *b, {a: b}]\n%: !!binary aGk=\n`
  for (let end = 0; end <= text.length; end += 1) {
    try {
      read(text.slice(0, end))
    } catch (error) {
      expect(error).toBeInstanceOf(YamlError)
    }
  }
})
