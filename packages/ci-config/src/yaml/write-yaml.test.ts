import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readYaml } from './read-yaml.ts'
import { Dict, Float, List, type Place, Reference, type Scalar, type Value } from './tree.ts'
import { writeYaml } from './write-yaml.ts'

const MOST = 10_000_000
const PLACE: Place = { source: { file: null, text: '' }, offset: 0 }

const read = (text: string) => readYaml({ file: null, text })

/** Returns a value with everything that must survive: types, the order of keys, but no places. */
function plain(value: Value): unknown {
  if (value instanceof List) return value.items.map(plain)
  if (value instanceof Dict) return { map: value.entries().map(([key, member]) => [plain(key), plain(member)]) }
  if (value instanceof Reference) return { reference: plain(value.target) }
  if (value instanceof Float) return { float: value.value }
  return typeof value === 'bigint' ? { integer: String(value) } : value
}

const list = (items: readonly Value[]): List =>
  new List(
    items,
    items.map(() => PLACE),
  )

function dict(entries: readonly (readonly [string, Value])[]): Dict {
  const made = new Dict()
  for (const [key, value] of entries) made.set(key, value, PLACE)
  return made
}

/** Pieces that mean something in YAML, put together to texts. */
const piece = fc.constantFrom(
  ...['a', 'B', ' ', '  ', '\n', '\t', '-', '- ', '---', '...', ':', ': ', '#', ' #', '"', "'", '\\', '|', '>', '|-'],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '&',
    '*',
    '!',
    '!reference',
    '%',
    '@',
    '`',
    '?',
    '<<',
    '~',
    'null',
    'yes',
    'off',
    'true',
  ],
  ...['0', '1', '0755', '0x1f', '1_0', '1,0', '1:30', '.5', '1e3', '.inf', '.nan', '2024-05-01', '$[[ a ]]', 'é', '😀'],
  ...['\r', '\u0085', '\u2028', '\ufeff', '\u200b', '\u0001', '\u007f'],
)
const text = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((given) => given.isWellFormed()),
)
/** A map below `<<` is merged when it is read, even if the key is quoted. */
const key = text.filter((given) => given !== '<<')
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, 7, -3, 12_345_678_901_234_567_890n),
  fc.constantFrom(0.5, 1, 1e20, 1e-7, Number.NaN, Number.POSITIVE_INFINITY).map((number) => new Float(number)),
)
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map(list),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(dict),
    fc.array(text, { minLength: 1, maxLength: 3 }).map((path) => new Reference(list(path), PLACE)),
  ),
}))

describe('writing YAML', () => {
  it('is read as the same values again, without a warning', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }), (entries) => {
        const tree = dict([['first', null], ...entries])
        const { content, header, warnings } = read(writeYaml(tree, MOST) ?? '')
        expect(plain(content)).toEqual(plain(tree))
        expect({ header, warnings }).toEqual({ header: null, warnings: [] })
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps the order of keys, and writes texts of several lines as blocks', () => {
    const tree = dict([
      ['10', 'last in a list of numbers'],
      ['9', list(['one\ntwo\n', 'three\nfour', 'yes', '', list([])])],
      ['a', dict([['b', dict([])]])],
    ])
    expect(writeYaml(tree, MOST)).toBe(`"10": last in a list of numbers
"9":
  - |
    one
    two
  - |-
    three
    four
  - "yes"
  - ""
  - []
a:
  b: {}
`)
  })

  it('writes nothing that has more characters than allowed, and finds that out before it writes', () => {
    const shared = list(Array.from({ length: 1_000 }, () => 'x'.repeat(1_000_000)))
    expect(writeYaml(dict([['a', list([shared, shared])]]), MOST)).toBe(null)
    const tree = dict([['a', 'x'.repeat(100)]])
    expect(writeYaml(tree, 100)).toBe(null)
    expect(writeYaml(tree, 110)).toBe(`a: ${'x'.repeat(100)}\n`)
  })
})
