import { CoverageSearch } from '../coverage-search.ts'
import { isRegularExpressionLiteral } from '../expressions/regular-expression.ts'
import type { Keyword } from './keyword.ts'
import { type Found, refuse, text } from './reading.ts'

const ALLOWED = 'a regular expression between slashes, in the syntax of RE2, with at most 4096 instructions'

/** The expression that finds the coverage in the job's log, without its slashes. */
export const coverage: Keyword<string | null> = {
  keyword: 'coverage',
  read: readCoverage,
  stored: { since: 2, absent: null },
  examples: ['/Coverage: \\d+%/'],
}

function readCoverage(found: Found): string {
  const given = text(found, ALLOWED)
  // Like the reference, this takes off two characters: flags are not supported.
  const pattern = given.slice(1, -1)
  if (!isRegularExpressionLiteral(given) || CoverageSearch.of(pattern) === null) {
    refuse(found.at, `found ${JSON.stringify(given.slice(0, 60))}; allowed: ${ALLOWED}`)
  }
  return pattern
}
