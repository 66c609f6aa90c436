import { RegularExpression } from './regular-expression.ts'

/** Tokens of one expression. */
export const MAX_TOKENS = 99

type Operator = '==' | '!=' | '=~' | '!~' | '&&' | '||'

/** A condition of `rules:if` and its like, as a tree. */
export type Expression =
  | { readonly kind: 'value'; readonly value: string | boolean | null }
  | { readonly kind: 'variable' | 'input'; readonly name: string }
  | { readonly kind: 'pattern'; readonly pattern: RegularExpression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: Operator; readonly left: Expression; readonly right: Expression }

type Token = Expression | { readonly kind: 'operator'; readonly operator: Operator | '!' | '(' | ')' }

/** From the one that binds most to the one that binds least. */
const PRECEDENCE: Readonly<Record<Operator | '!', number>> = {
  '!': 1,
  '==': 2,
  '!=': 2,
  '=~': 2,
  '!~': 2,
  '&&': 3,
  '||': 4,
}

const OPERATORS = ['==', '=~', '!=', '!~', '&&', '||', '!', '(', ')'] as const

/**
 * Parses a condition.
 *
 * @returns null when it is not valid: an unknown character, a missing operand, two values in a row, a parenthesis without
 *   its other half, a regular expression that RE2 refuses, or more than `MAX_TOKENS` tokens.
 */
export function parseExpression(text: string): Expression | null {
  const tokens = tokensOf(text)
  return tokens && treeOf(tokens)
}

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = []
  let offset = skipBlanks(text, 0)
  while (offset < text.length) {
    const found = tokenAt(text, offset)
    if (found === null || tokens.length === MAX_TOKENS) return null
    tokens.push(found.token)
    offset = skipBlanks(text, offset + found.length)
  }
  return tokens
}

function skipBlanks(text: string, offset: number): number {
  let at = offset
  while (at < text.length && /[ \t\n\v\f\r]/.test(text[at] ?? '')) at += 1
  return at
}

interface Found {
  readonly token: Token
  /** UTF-16 units. */
  readonly length: number
}

const INPUT = /\$\[\[\s*inputs\.([\w-]+)\s*\]\]/y
const VARIABLE = /\$(\w+)/y
const TEXT = /"([^"\n]*)"|'([^'\n]*)'/y
const WORD = /null|(?:true|false)\b/y

function tokenAt(text: string, offset: number): Found | null {
  const at = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset
    return pattern.exec(text)
  }
  const input = at(INPUT)
  if (input) return { token: { kind: 'input', name: input[1] ?? '' }, length: input[0].length }
  const variable = at(VARIABLE)
  if (variable) return { token: { kind: 'variable', name: variable[1] ?? '' }, length: variable[0].length }
  const quoted = at(TEXT)
  if (quoted) return { token: { kind: 'value', value: quoted[1] ?? quoted[2] ?? '' }, length: quoted[0].length }
  if (text[offset] === '/') return patternAt(text, offset)
  const word = at(WORD)
  if (word) return wordToken(word[0], /\w/.test(text[offset - 1] ?? ''))
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, offset))
  return operator ? { token: { kind: 'operator', operator }, length: operator.length } : null
}

function wordToken(word: string, isInsideWord: boolean): Found | null {
  if (word === 'null') return { token: { kind: 'value', value: null }, length: 4 }
  return isInsideWord ? null : { token: { kind: 'value', value: word === 'true' }, length: word.length }
}

/** A regular expression ends at the first slash without a backslash before it. */
function patternAt(text: string, offset: number): Found | null {
  let end = offset + 1
  while (end < text.length && !(text[end] === '/' && text[end - 1] !== '\\')) end += 1
  if (end >= text.length) return null
  const flags = /[ismU]*/y
  flags.lastIndex = end + 1
  const length = end + 1 - offset + (flags.exec(text)?.[0].length ?? 0)
  const pattern = RegularExpression.parseLiteral(text.slice(offset, offset + length).replaceAll('\\/', '/'))
  return pattern && { token: { kind: 'pattern', pattern }, length }
}

/** Orders the tokens by precedence. Operators of the same one are taken from the left. */
function treeOf(tokens: readonly Token[]): Expression | null {
  const values: Expression[] = []
  const operators: (Operator | '!' | '(')[] = []

  const apply = (): boolean => {
    const operator = operators.pop()
    const right = values.pop()
    if (operator === undefined || operator === '(' || right === undefined) return false
    if (operator === '!') return values.push({ kind: 'not', operand: right }) > 0
    const left = values.pop()
    return left !== undefined && values.push({ kind: operator, left, right }) > 0
  }
  const binds = (operator: Operator): boolean => {
    const last = operators.at(-1)
    return last !== undefined && last !== '(' && PRECEDENCE[operator] >= PRECEDENCE[last]
  }

  for (const token of tokens) {
    if (token.kind !== 'operator') {
      values.push(token)
    } else if (token.operator === ')') {
      while (operators.length > 0 && operators.at(-1) !== '(') if (!apply()) return null
      if (operators.pop() !== '(') return null
    } else {
      const { operator } = token
      if (operator !== '!' && operator !== '(') while (binds(operator)) if (!apply()) return null
      operators.push(operator)
    }
  }
  while (operators.length > 0) if (!apply()) return null
  return values.length === 1 ? (values[0] ?? null) : null
}

/** Returns the names of the inputs that an expression asks for, each once. */
export function inputNamesIn(expression: Expression): string[] {
  const names = new Set<string>()
  const visit = (node: Expression): void => {
    if (node.kind === 'input') names.add(node.name)
    else if (node.kind === 'not') visit(node.operand)
    else if ('left' in node) {
      visit(node.left)
      visit(node.right)
    }
  }
  visit(expression)
  return [...names]
}
