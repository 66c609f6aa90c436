import { isRegularExpressionLiteral, RegularExpression } from '../expressions/regular-expression.ts'
import type { Check } from './at.ts'
import { OwnFaults } from './own-faults.ts'

/** Checks `coverage`. */
export const checkCoverage: Check = (value, at) => {
  const own = new OwnFaults(at)
  const fits =
    typeof value === 'string' && isRegularExpressionLiteral(value) && RegularExpression.parseLiteral(value) !== null
  own.expect(fits, 'config', 'must be a regular expression with re2 syntax')
  return own.found
}
