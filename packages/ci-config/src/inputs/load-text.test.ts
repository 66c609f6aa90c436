import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../fault.ts'
import { filesSource } from '../includes/files-source.ts'
import type { Json } from '../yaml/tree.ts'
import { loadText } from './load-text.ts'
import { asJson } from './testing.ts'

interface Given {
  readonly inputs?: Record<string, Json>
  readonly files?: Record<string, string>
}

const load = (text: string, { inputs = {}, files = {} }: Given = {}) =>
  loadText({ file: null, text }, inputs, { source: filesSource(files), variables: new Map() })

const content = async (text: string, given?: Given) => asJson((await load(text, given)).content)

async function refusal(text: string, given?: Given): Promise<string> {
  try {
    return `no refusal: ${JSON.stringify(await content(text, given))}`
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

/** Returns a text whose header declares the inputs, and whose content is the value of `a`. */
const withInputs = (inputs: string) => `spec:\n  inputs: ${inputs}\n---\nvalue: $[[ inputs.a ]]\n`
/** Returns what `a` becomes. */
const valueOfA = async (inputs: string, given: Record<string, Json> = {}) =>
  ((await content(withInputs(inputs), { inputs: given })) as { value: Json }).value
const refusalOf = (inputs: string, given: Record<string, Json> = {}) => refusal(withInputs(inputs), { inputs: given })

describe('loadText', () => {
  it('reads a file without a header as it stands', async () => {
    const loaded = await load('a: $[[ inputs.a ]]')
    expect(loaded.interpolated).toBe(false)
    expect(asJson(loaded.content)).toEqual({ a: '$[[ inputs.a ]]' })
  })

  it('tells where a syntax error is', async () => {
    await expect(load('a: b\nc: [')).rejects.toMatchObject({ faults: [{ line: 2, file: null }] })
  })

  it('refuses inputs for a file without a header', async () => {
    expect(await refusal('a: b', { inputs: { x: 1 } })).toBe(
      'Given inputs not defined in the `spec` section of the included configuration file',
    )
  })

  it('refuses more than 20 inputs', async () => {
    const inputs = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`i${index}`, 1]))
    expect(await refusal('a: b', { inputs })).toBe('There cannot be more than 20 inputs')
  })
})

describe('a header', () => {
  it.each([
    ['spec: x\n---\na: 1', 'header:spec config should be a hash'],
    ['spec:\nextra: 1\n---\na: 1', 'header config contains unknown keys: extra'],
    ['spec: {foo: 1}\n---\na: 1', 'header:spec config contains unknown keys: foo'],
    ['spec: {inputs: [a]}\n---\na: 1', 'header:spec:inputs config should be a hash'],
    ['spec: {description: 5}\n---\na: 1', 'header:spec config description should be a string'],
    [
      `spec: {description: ${'x'.repeat(257)}}\n---\na: 1`,
      'header:spec config description is too long (maximum is 256 characters)',
    ],
    [
      'spec: {component: x}\n---\na: 1',
      'header:spec:component config should be an array, header:spec:component config should be an array of strings',
    ],
    ['spec: {component: [name, id]}\n---\na: 1', 'header:spec:component config contains unknown values: id'],
    ['spec: {include: {local: x.yml}}\n---\na: 1', 'header:spec:include config should be an array or a string'],
    [
      'spec: {include: [{template: x}]}\n---\na: 1',
      'header:spec:include:include config contains unknown keys: template',
    ],
  ])('is checked: %j', async (text, message) => {
    expect(await refusal(text)).toBe(message)
  })

  it.each([
    ['{a: x}', 'header:spec:inputs:a config should be a hash, header:spec:inputs:a config should be a hash'],
    ['{a: {foo: 1}}', 'header:spec:inputs:a config contains unknown keys: foo'],
    ['{a: {type: foo}}', 'header:spec:inputs:a input type unknown value: foo'],
    ['{a: {type: null}}', 'unknown input specification for `a` (valid types: array, boolean, number, string)'],
    ['{a: {regex: 5}}', 'header:spec:inputs:a input regex should be a string'],
    ['{a: {options: x}}', 'header:spec:inputs:a input options should be an array'],
    ['{a: {options: [null]}}', 'header:spec:inputs:a config options array cannot contain null values'],
    ['{A: {rules: x}}', 'header:spec:inputs:a:rules config should be an array'],
    [
      '{a: {rules: [], options: [x]}}',
      'header:spec:inputs:a config these keys cannot be used together: rules, options',
    ],
    ['{a: {rules: [{if: "$X ="}]}}', '`a` input: if invalid expression syntax'],
    ['{a: {rules: [{foo: 1}]}}', '`a` input: contains unknown keys: foo'],
    ['{a: {rules: [{options: [x]}]}}', "`a` input: rule must define 'options' with at least one value and a 'default'"],
    ['{a: {rules: [{options: [x], default: y}]}}', "`a` input: default 'y' must be one of the options"],
    [
      '{a: {rules: [{if: "$[[ inputs.b ]] == null", default: x}]}}',
      'header:spec:inputs:a config rule[0] references undefined inputs: b',
    ],
    [
      '{a: {rules: [{if: "$[[ inputs.b ]]", default: x}]}, b: {rules: [{if: "$[[ inputs.a ]]", default: x}]}}',
      'header:spec:inputs:a config circular dependency detected',
    ],
  ])('declares inputs: %s', async (inputs, message) => {
    expect(await refusalOf(inputs)).toBe(message)
  })

  it('tells three problems at most', async () => {
    const message = await refusalOf('{a: {foo: 1}, b: {foo: 1}, c: {foo: 1}, d: {foo: 1}}')
    expect(message.split(', ')).toHaveLength(3)
  })

  it('names the line of the first problem', async () => {
    await expect(load('spec:\n  inputs:\n    a:\n      type: foo\n---\nx: 1')).rejects.toMatchObject({
      faults: [{ line: 3 }],
    })
  })
})

describe('an input', () => {
  it('has the value that is given, else its default', async () => {
    expect(await valueOfA('{a: {default: x}}')).toBe('x')
    expect(await valueOfA('{a: {default: x}}', { a: 'y' })).toBe('y')
    expect(await valueOfA('{a: }', { a: 5 })).toBe('5')
    expect(await valueOfA('{a: {default: null}}')).toBe('')
  })

  it('is required without a default', async () => {
    expect(await refusalOf('{a: }')).toBe('`a` input: required value has not been provided')
    expect(await refusalOf('{a: , b: }')).toBe(
      '`a` input: required value has not been provided, `b` input: required value has not been provided',
    )
  })

  it('takes texts for the types that are none', async () => {
    expect(await valueOfA('{a: {type: number}}', { a: '5' })).toBe(5)
    expect(await valueOfA('{a: {type: boolean}}', { a: 'true' })).toBe(true)
    expect(await valueOfA('{a: {type: array}}', { a: '["x", 1]' })).toEqual(['x', 1])
  })

  it.each([
    ['{a: {type: number}}', 'x', '`a` input: provided value is not a number'],
    ['{a: {type: boolean}}', 'yes', '`a` input: provided value is not a boolean'],
    ['{a: {type: array}}', '{"x": 1}', '`a` input: provided value is not an array'],
    ['{a: {options: [x]}}', 'y', '`a` input: `y` cannot be used because it is not in the list of allowed options'],
    [
      '{a: {type: number, options: [1, 2]}}',
      3,
      '`a` input: `3` cannot be used because it is not in the list of the allowed options',
    ],
    ['{a: {regex: ^v\\d+$}}', 'w1', '`a` input: provided value does not match required RegEx pattern'],
    ['{a: {regex: "("}}', 'x', '`a` input: invalid regular expression'],
    ['{a: {type: array, options: [x]}}', '[]', '`a` input: Options can only be used with string and number inputs'],
    ['{a: {type: number, regex: x}}', 1, '`a` input: RegEx validation can only be used with string inputs'],
  ])('of %s refuses %j', async (inputs, given, message) => {
    expect(await refusalOf(inputs, { a: given })).toBe(message)
  })

  it('is checked where its default is wrong, too', async () => {
    expect(await refusalOf('{a: {default: z, options: [x]}}', { a: 'x' })).toBe(
      '`a` input: `z` cannot be used because it is not in the list of allowed options',
    )
  })

  it('compares a number with its options as a number', async () => {
    expect(await valueOfA('{a: {type: number, options: [1.0, 2]}}', { a: 1 })).toBe(1)
  })

  it('is unknown when the header does not declare it', async () => {
    expect(await refusalOf('{a: }', { b: 1 })).toBe(
      'unknown input arguments: b, `a` input: required value has not been provided',
    )
  })

  it('takes options and default of the first rule that matches', async () => {
    const inputs =
      '{b: {default: x}, a: {rules: [{if: "$[[ inputs.b ]] == \\"y\\"", options: [p], default: p}, {options: [q, r], default: q}]}}'
    expect(await valueOfA(inputs)).toBe('q')
    expect(await valueOfA(inputs, { b: 'y' })).toBe('p')
    expect(await valueOfA(inputs, { a: '' })).toBe('q')
    expect(await valueOfA(inputs, { a: 'r' })).toBe('r')
    expect(await refusalOf(inputs, { a: 'r', b: 'y' })).toContain('`r` cannot be used')
  })
})

describe('spec:include', () => {
  const text =
    'spec:\n  include: [{local: /i.yml}]\n  inputs: {b: {default: y}}\n---\nv: $[[ inputs.a ]]$[[ inputs.b ]]\n'

  it('adds the inputs of other files', async () => {
    expect(await content(text, { files: { 'i.yml': 'inputs: {a: {default: x}}' } })).toEqual({ v: 'xy' })
    expect(await refusal(text, { files: { 'i.yml': 'inputs: {a: }' } })).toBe(
      '`a` input: required value has not been provided',
    )
  })

  it('refuses an input that is declared twice', async () => {
    expect(await refusal(text, { files: { 'i.yml': 'inputs: {b: {default: x}}' } })).toBe(
      'Duplicate input keys found: b. ' +
        'Input keys must be unique across all included files and inline specifications.',
    )
  })

  it('refuses a file with anything but inputs, and one that is missing', async () => {
    expect(await refusal(text, { files: { 'i.yml': 'inputs: {}\njob: {script: x}' } })).toBe(
      'Header include file `i.yml` contains unknown keys: [:job]',
    )
    expect(await refusal(text)).toBe('Local file `i.yml` does not exist!')
    expect(await refusal(text, { inputs: { z: 1 } })).toBe(
      'Local file `i.yml` does not exist!, unknown input arguments: z',
    )
  })

  it('takes only kinds of files that can hold inputs', async () => {
    expect(await refusal('spec:\n  include: [{file: x.yml}]\n---\na: 1')).toBe(
      '`{"file":"x.yml"}` does not have a valid subkey for header include. ' +
        'Valid subkeys are: `local`, `remote`, `project`',
    )
  })
})

describe('a text that is cut anywhere', () => {
  const text = [
    'spec:',
    '  description: é😀',
    '  component: [name]',
    '  inputs:',
    '    a: {type: array, default: [x, "y"]}',
    '    b: {rules: [{if: "$[[ inputs.a ]] == null", options: [p], default: p}, {default: q}]}',
    '---',
    '"job-$[[ inputs.b | truncate(0,1) | posix_escape ]]":',
    '  script: ["$[[ inputs.a ]]", !reference [x, y], &c $[[ inputs.a[1] ]], *c]',
  ].join('\n')

  it('is refused with a ConfigError or read', async () => {
    const bytes = new TextEncoder().encode(text)
    for (let end = 0; end <= bytes.length; end += 1) {
      await refusal(new TextDecoder().decode(bytes.subarray(0, end)))
      await refusal(new TextDecoder().decode(bytes.subarray(end)))
    }
  })

  it('is refused with a ConfigError or read when the header is generated', async () => {
    const declared = fc.record(
      {
        type: fc.constantFrom<Json>('string', 'number', 'boolean', 'array', 'x', null, 1),
        default: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
        options: fc.oneof(fc.array(fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>), fc.constant<Json>('x')),
        regex: fc.oneof(fc.string(), fc.constant<Json>(null)),
        description: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
        rules: fc.oneof(
          fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
          fc.array(
            fc.record({ if: fc.constantFrom<Json>('$[[ inputs.b ]]', 1, null), default: fc.constant<Json>('x') }),
          ),
        ),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('a', 'b', 'c-d', '', '__proto__'), fc.oneof(declared, fc.constant(null))),
        fc.dictionary(fc.constantFrom('a', 'b', 'z'), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>),
        async (inputs, given) => {
          const header = JSON.stringify({ spec: { inputs } })
          await refusal(`${header}\n---\nv: "$[[ inputs.a ]] $[[ inputs.b ]]"\n`, { inputs: given })
        },
      ),
      { numRuns: 500 },
    )
  })
})
