import { type Expression, parseExpression } from './parse-expression.ts'
import { RegularExpression } from './regular-expression.ts'

/** What an expression can see. A name that is absent is undefined, which compares as null. */
export interface ExpressionScope {
  readonly variables: ReadonlyMap<string, string>
  readonly inputs?: ReadonlyMap<string, unknown>
}

type Result = string | number | boolean | null | RegularExpression | object

/** Whether a condition holds. One that is not valid does not. */
export const holds = (text: string, scope: ExpressionScope): boolean => isTrueIn(text, scope) ?? false

/** Returns whether a condition holds with these variables; null when it is not valid. */
export const isTrue = (text: string, variables: ReadonlyMap<string, string>): boolean | null =>
  isTrueIn(text, { variables })

function isTrueIn(text: string, scope: ExpressionScope): boolean | null {
  const expression = parseExpression(text)
  return expression && isPresent(evaluate(expression, scope))
}

/** Null, false, blank text and empty lists do not count as true. */
function isPresent(result: Result): boolean {
  if (result === null || result === false) return false
  if (typeof result === 'string') return result.trim() !== ''
  return !(Array.isArray(result) && result.length === 0)
}

/**
 * Evaluates an expression. `&&` and `||` return one of their operands, and take only null and false for false: an empty
 * text counts as true inside them, and as false at the end.
 */
function evaluate(expression: Expression, scope: ExpressionScope): Result {
  switch (expression.kind) {
    case 'value':
      return expression.value
    case 'variable':
      return scope.variables.get(expression.name) ?? null
    case 'input':
      return (scope.inputs?.get(expression.name) ?? null) as Result
    case 'pattern':
      return expression.pattern
    case 'not':
      return !isPresent(evaluate(expression.operand, scope))
    default:
      return operate(expression, scope)
  }
}

type Operation = Extract<Expression, { left: Expression }>

function operate({ kind, left, right }: Operation, scope: ExpressionScope): Result {
  const first = evaluate(left, scope)
  if (kind === '&&') return first === null || first === false ? first : evaluate(right, scope)
  if (kind === '||') return first === null || first === false ? evaluate(right, scope) : first
  const second = evaluate(right, scope)
  switch (kind) {
    case '==':
      return equal(first, second)
    case '!=':
      return !equal(first, second)
    case '=~':
      return matches(first, second, false)
    default:
      return !matches(first, second, false)
  }
}

function equal(first: Result, second: Result): boolean {
  if (typeof first === 'boolean' && typeof second === 'string') return String(first) === second
  if (typeof first === 'string' && typeof second === 'boolean') return first === String(second)
  if (first instanceof RegularExpression || second instanceof RegularExpression) return first === second
  return first === second || JSON.stringify(first) === JSON.stringify(second)
}

/** If the text on the right is not a regular expression, it matches when it contains the text on the left. */
function matches(first: Result, second: Result, otherwise: boolean): boolean {
  if (second === null || second === false) return otherwise
  const text = first === null ? '' : String(first)
  if (second instanceof RegularExpression) return second.isFoundIn(text)
  const pattern = RegularExpression.parseLiteral(String(second).replaceAll('\\/', '/'))
  return pattern ? pattern.isFoundIn(text) : String(second).includes(text)
}
