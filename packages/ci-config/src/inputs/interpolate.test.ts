import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readYaml } from '../yaml/read-yaml.ts'
import { Dict, type Json, List, lineAndColumn, type Value } from '../yaml/tree.ts'
import { InterpolationError, interpolate, MAX_BLOCKS, MAX_NODE_BYTES } from './interpolate.ts'
import { asJson, dictOf, HERE } from './testing.ts'

const VARIABLES = new Map([
  ['BRANCH', { value: 'main' }],
  ['TOKEN', { value: 'secret-token', masked: true }],
])

function put(content: { [key: string]: Json }, inputs: { [key: string]: Json }): Json {
  return asJson(interpolate(dictOf(content), { context: dictOf({ inputs, component: {} }), variables: VARIABLES }))
}

/** Returns what becomes of one text. */
const text = (value: string, inputs: { [key: string]: Json }) => (put({ value }, inputs) as { value: Json }).value

const refusal = (value: string, inputs: { [key: string]: Json } = { a: 'x', list: ['p', 'q'] }): string => {
  try {
    return `no refusal: ${JSON.stringify(text(value, inputs))}`
  } catch (error) {
    if (error instanceof InterpolationError) return error.message
    throw error
  }
}

describe('interpolate', () => {
  it('gives a text that is one block the type of the input', () => {
    expect(text('$[[ inputs.a ]]', { a: 3 })).toBe(3)
    expect(text('$[[ inputs.a ]]', { a: true })).toBe(true)
    expect(text('$[[ inputs.a ]]', { a: ['x'] })).toEqual(['x'])
    expect(text('$[[ inputs.a ]] ', { a: 3 })).toBe('3 ')
  })

  it('writes values into longer texts', () => {
    expect(text('$[[ inputs.a ]]-$[[ inputs.b ]]-$[[inputs.a]]', { a: 1, b: false })).toBe('1-false-1')
    expect(text('all: $[[ inputs.a ]]', { a: ['x', 'y "z"'] })).toBe('all: ["x", "y \\"z\\""]')
  })

  it('puts values into keys', () => {
    expect(put({ 'job-$[[ inputs.a ]]': { script: 'ls' } }, { a: 'x' })).toEqual({ 'job-x': { script: 'ls' } })
  })

  it('puts the items of a list where the list would be an item', () => {
    expect(put({ script: ['a', '$[[ inputs.a ]]', 'b'] }, { a: ['x', 'y'] })).toEqual({ script: ['a', 'x', 'y', 'b'] })
  })

  it('leaves matrix blocks and everything that only looks like a block', () => {
    expect(text('$[[ matrix.A ]]', {})).toBe('$[[ matrix.A ]]')
    expect(text('$[[ matrix.A ]] $[[ inputs.a ]]', { a: 1 })).toBe('$[[ matrix.A ]] 1')
    expect(text('$[ inputs.a ]', {})).toBe('$[ inputs.a ]')
  })

  it('leaves references alone', () => {
    const { content } = readYaml({ file: null, text: 'a: !reference [x, "$[[ inputs.a ]]"]' })
    const result = interpolate(content, { context: dictOf({ inputs: { a: 1 } }), variables: VARIABLES })
    expect(result.get('a')).toBe(content.get('a'))
  })

  it('reads items of lists', () => {
    expect(text('$[[ inputs.list[1] ]]', { list: ['p', 'q'] })).toBe('q')
    expect(refusal('$[[ inputs.list[7] ]]')).toBe('array index 7 out of bounds (size: 2) in `inputs.list[7]`')
    expect(refusal('$[[ inputs.a[0] ]]')).toBe('cannot index into non-array value at [0] in `inputs.a[0]`')
    expect(refusal('$[[ inputs.list[x] ]]')).toBe('invalid array index in `inputs.list[x]`: `x` is not a valid index')
    expect(refusal('$[[ inputs.list[0 ]]')).toBe('invalid array index in `inputs.list[0`: missing closing bracket')
    expect(refusal('$[[ inputs.[0] ]]')).toBe('invalid indexed access without a key in `inputs.[0]`')
    expect(refusal('$[[ inputs.list[0][0][0][0][0][0] ]]')).toBe(
      'too many array indices in `inputs.list[0][0][0][0][0][0]` (maximum depth: 5)',
    )
  })

  it('refuses paths that lead nowhere', () => {
    expect(refusal('$[[ inputs.b ]]')).toBe('unknown interpolation provided: `b` in `inputs.b`')
    expect(refusal('$[[ nope.a ]]')).toBe('unknown interpolation provided: `nope` in `nope.a`')
    expect(refusal('$[[ inputs.constructor ]]')).toContain('unknown interpolation')
    expect(refusal('$[[ inputs ]]')).toBe(
      'invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]',
    )
    expect(refusal(`$[[ inputs.${'a'.repeat(1100)} ]]`)).toBe('maximum interpolation expression size exceeded')
  })

  it('calls up to three functions', () => {
    expect(text('$[[ inputs.a | truncate(1,3) ]]', { a: 'a😀bcd' })).toBe('😀bc')
    expect(text('$[[ inputs.a | expand_vars | truncate(0,2) | posix_escape ]]', { a: '$BRANCH' })).toBe('ma')
    expect(text('$[[ inputs.a | posix_escape ]]', { a: "it's\n" })).toBe("it\\'s'\n'")
    expect(text('$[[ inputs.a | posix_escape ]]', { a: '' })).toBe("''")
    expect(text("$[[ inputs.a | split(',') ]]", { a: 'x, y,,z' })).toEqual(['x', 'y', 'z'])
    expect(refusal('$[[ inputs.a | expand_vars | expand_vars | expand_vars | expand_vars ]]')).toBe(
      'too many functions in interpolation block',
    )
  })

  it('tells every function that is unknown', () => {
    expect(refusal('$[[ inputs.a || nofn ]]')).toBe(
      'no function matching ``: check that the function name, arguments, and types are correct, ' +
        'no function matching `nofn`: check that the function name, arguments, and types are correct',
    )
  })

  it('refuses values that a function cannot take', () => {
    expect(refusal('$[[ inputs.list | truncate(0,1) ]]')).toBe(
      'error in `truncate` function: invalid input type: truncate can only be used with string inputs',
    )
  })

  it('expands known variables once, and no masked ones', () => {
    expect(text('$[[ inputs.a | expand_vars ]]', { a: `$BRANCH ${'$'}{BRANCH} %BRANCH% $NOPE` })).toBe(
      'main main main $NOPE',
    )
    expect(refusal('$[[ inputs.a | expand_vars ]]', { a: '$TOKEN' })).toBe(
      'error in `expand_vars` function: variable expansion error: masked variables cannot be expanded',
    )
  })

  it('reads backslashes in what it writes into a text as the reference does', () => {
    expect(text('<$[[ inputs.a ]]>', { a: "a\\'b" })).toBe('<a>b>')
    expect(text('<$[[ inputs.a ]]>', { a: 'a\\\\b\\1c\\ d' })).toBe('<a\\bc\\ d>')
    expect(text('$[[ inputs.a ]]', { a: "a\\'b" })).toBe("a\\'b")
  })

  it('names the place of the text that is wrong', () => {
    const { content } = readYaml({ file: 'x.yml', text: 'a:\n  - b\n  - "$[[ inputs.no ]]"\n' })
    try {
      interpolate(content, { context: dictOf({ inputs: {} }), variables: VARIABLES })
      expect.unreachable()
    } catch (error) {
      expect(lineAndColumn((error as InterpolationError).place)).toEqual({ line: 3, column: 5 })
    }
  })

  it('keeps the places of what it replaces', () => {
    const { content } = readYaml({ file: 'x.yml', text: 'a: 1\n"$[[ inputs.a ]]": 2\n' })
    const result = interpolate(content, { context: dictOf({ inputs: { a: 'k' } }), variables: VARIABLES })
    const place = result.placeOf('k')
    expect(place && lineAndColumn(place)).toEqual({ line: 2, column: 1 })
  })
})

describe('the limits of interpolation', () => {
  it('refuses a text that is too long, before and after', () => {
    expect(refusal('x'.repeat(MAX_NODE_BYTES + 1))).toBe('config node too large')
    expect(refusal('$[[ inputs.a ]]'.repeat(2000), { a: 'x'.repeat(1000) })).toBe('config node too large')
  })

  it('refuses more than 10,000 different blocks', () => {
    const blocks = Array.from({ length: MAX_BLOCKS + 1 }, (_, index) => `$[[ inputs.a | truncate(0,${index}) ]]`)
    expect(refusal(blocks.join(''))).toBe('too many interpolation blocks')
  })

  it('refuses a list that is put in too often, and what is nested too deeply', () => {
    const list = Array.from({ length: 1000 }, () => 'x')
    const often = Array.from({ length: 1000 }, () => '$[[ inputs.a ]]')
    expect(() => put({ often }, { a: list })).toThrow('config too large')
    const nested = (levels: number, inside: Value) =>
      Array.from({ length: levels }).reduce<Value>((value) => new List([value], [HERE]), inside)
    const content = new Dict()
    content.set('x', nested(150, '$[[ inputs.a ]]'), HERE)
    const inputs = new Dict()
    inputs.set('a', nested(90, 'x'), HERE)
    const context = new Dict()
    context.set('inputs', inputs, HERE)
    expect(() => interpolate(content, { context, variables: VARIABLES })).toThrow('config too large')
  })

  it('refuses functions that read too much altogether', () => {
    const calls = Array.from({ length: 100 }, (_, index) => `$[[ inputs.a | truncate(0,${index}) ]]`)
    expect(refusal(calls.join(''), { a: 'x'.repeat(500_000) })).toBe('config too large')
  })

  it('throws nothing but its own error, whatever the text says', () => {
    const piece = fc.constantFrom(
      '$[[',
      ']]',
      ' ',
      'inputs',
      '.',
      'a',
      'list',
      '[',
      ']',
      '0',
      '|',
      'truncate(0,9)',
      'expand_vars',
      'posix_escape',
      "split(',')",
      '\\',
      "'",
      '\n',
      'matrix',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }),
        fc.jsonValue({ maxDepth: 3 }),
        (pieces, a) => {
          refusal(pieces.join(''), { a: a as Json, list: [a as Json] })
        },
      ),
      { numRuns: 1000 },
    )
  })
})
