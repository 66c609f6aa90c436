import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTrue } from './evaluate-expression.ts'
import { MAX_TOKENS } from './parse-expression.ts'

const VARIABLES = new Map([
  ['A', 'x'],
  ['EMPTY', ''],
  ['BLANK', ' \t'],
  ['FALSE', 'false'],
  ['P', '/^MA/i'],
  ['BRANCH', 'main'],
  ['PATH', 'a/b'],
])
const evaluate = (expression: string) => isTrue(expression, VARIABLES)

describe('a condition holds or not', () => {
  it.each([
    ['$A', true],
    ['$UNDEFINED', false],
    ['$EMPTY', false],
    ['$BLANK', false],
    ['$FALSE', true],
    ['$A == "x"', true],
    ["$A == 'y'", false],
    ['$EMPTY == null', false],
    ['$EMPTY == ""', true],
    ['$UNDEFINED == null', true],
    ['$UNDEFINED == ""', false],
    ['$UNDEFINED != ""', true],
    ['$FALSE == false', true],
    ['true', true],
    ['false || null', false],
    ['$EMPTY && "x"', true],
    ['$EMPTY || "x"', false],
    ['!$EMPTY', true],
    ['!$A == "x"', false],
    ['"x" == "y" || "a" == "a" && "b" == "b"', true],
    ['("x" == "x" || "a" == "a") && "b" == "c"', false],
    ['$BRANCH =~ /ai/', true],
    ['$BRANCH =~ /^ai/', false],
    ['$BRANCH !~ /^ai/', true],
    ['$BRANCH =~ /MAIN/i', true],
    ['$BRANCH =~ $P', true],
    ['$UNDEFINED =~ /ab/', false],
    ['$UNDEFINED !~ /ab/', true],
    ['$BRANCH =~ $UNDEFINED', false],
    ['$BRANCH !~ $UNDEFINED', true],
    ['$BRANCH =~ "domain"', true],
    ['$PATH =~ /^a\\/b$/', true],
    ['$A=="x"&&$BRANCH=="main"', true],
  ])('%s: %s', (expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })
})

describe('a condition is not valid', () => {
  it.each([
    '',
    '  ',
    '$A = "x"',
    '$A "x"',
    '== "x"',
    '$A ==',
    '($A',
    '$A)',
    '()',
    `$${'{A}'}`,
    '%A%',
    '"open',
    '$A =~ /open',
    '$A =~ /[/',
    '$A =~ /(?!x)y/',
    'nullable',
    'yes',
    '!',
    '&&',
  ])('%s', (expression) => {
    expect(evaluate(expression)).toBeNull()
  })

  it('with more tokens than are allowed', () => {
    const of = (values: number) => Array.from({ length: values }, () => '$A').join(' && ')
    expect(evaluate(of((MAX_TOKENS + 1) / 2))).toBe(true)
    expect(evaluate(of((MAX_TOKENS + 1) / 2 + 1))).toBeNull()
  })
})

it('any text is true, false or not valid', () => {
  const piece = fc.constantFrom(
    '$A',
    '"x"',
    "'",
    '/a/',
    '/',
    '(',
    ')',
    '!',
    '==',
    '=~',
    '&&',
    '||',
    'null',
    '$[[ inputs.a ]]',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
        fc.string(),
      ),
      (text) => {
        expect([true, false, null]).toContain(evaluate(text))
      },
    ),
  )
})
