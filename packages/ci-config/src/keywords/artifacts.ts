import type { StoredForm } from '@yardmaster/common'
import { parseExpiry } from '../duration.ts'
import type { Keyword } from './keyword.ts'
import {
  entries,
  type Found,
  flag,
  list,
  members,
  oneOf,
  oneOrMore,
  optional,
  refuse,
  required,
  word,
} from './reading.ts'
import { REPORT_TYPES } from './report-types.ts'

export const RESULTS = ['on_success', 'on_failure', 'always'] as const

const KEYS = [
  'name',
  'untracked',
  'paths',
  'exclude',
  'when',
  'expire_in',
  'public',
  'access',
  'expose_as',
  'reports',
] as const

export interface ArtifactsDefinition {
  readonly name: string | null
  readonly untracked: boolean
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  readonly when: 'on_success' | 'on_failure' | 'always'
  readonly expireIn: string | null
  readonly accessibility: 'public' | 'private' | 'none'
  readonly reports: readonly { readonly type: string; readonly paths: readonly string[] }[]
}

export const OUTCOMES = { on_success: 1, on_failure: 1, always: 1 }

const ARTIFACTS: StoredForm<ArtifactsDefinition> = {
  name: { since: 1, absent: null },
  untracked: { since: 1, absent: false },
  paths: { since: 1, absent: [] },
  exclude: { since: 1, absent: [] },
  when: { since: 1, absent: 'on_success', words: OUTCOMES },
  expireIn: { since: 1, absent: null },
  accessibility: { since: 1, absent: 'public', words: { public: 1, private: 1, none: 1 } },
  reports: { since: 1, absent: [], parts: { type: { since: 1 }, paths: { since: 1 } } },
}

export const artifacts: Keyword<ArtifactsDefinition | null> = {
  keyword: 'artifacts',
  read: readArtifacts,
  stored: { since: 1, absent: null, parts: ARTIFACTS },
  examples: [{ name: 'out', paths: ['out'], exclude: ['*.o'], expire_in: '1 week', reports: { junit: 'junit.xml' } }],
}

export const paths = (found: Found): string[] => list(found, (path) => word(path))

function readArtifacts(found: Found): ArtifactsDefinition {
  const given = members(found, KEYS)
  if (given.expose_as) refuse(given.expose_as.at, 'is not supported: there are no merge requests to show a link in')
  if (given.public && given.access) refuse(given.access.at, 'is given together with public; allowed: one of the two')
  return {
    name: optional(given.name, (name) => word(name), null),
    untracked: optional(given.untracked, flag, false),
    paths: optional(given.paths, paths, []),
    exclude: optional(given.exclude, paths, []),
    when: optional(given.when, (when) => oneOf(when, RESULTS), 'on_success'),
    expireIn: optional(given.expire_in, expireIn, null),
    accessibility: accessibility(given.public, given.access),
    reports: optional(given.reports, reports, []),
  }
}

/** The text stays unchanged: the runner sends it back with the upload. */
function expireIn(found: Found): string {
  const words = typeof found.value === 'number' ? String(found.value) : word(found)
  if (parseExpiry(words) === null) {
    refuse(
      found.at,
      `found ${JSON.stringify(words.slice(0, 60))}; allowed: a duration such as 1 week or 3h 30m, or never`,
    )
  }
  return words
}

/**
 * `docs/protocol/artifacts.md 5`: `developer` and `maintainer` mean private, `none` means no access, the rest public.
 */
function accessibility(isPublic?: Found, access?: Found): ArtifactsDefinition['accessibility'] {
  if (isPublic) return flag(isPublic) ? 'public' : 'private'
  const readers = optional(access, (found) => oneOf(found, ['all', 'developer', 'maintainer', 'none']), 'all')
  if (readers === 'none') return 'none'
  return readers === 'all' ? 'public' : 'private'
}

function reports(found: Found): ArtifactsDefinition['reports'] {
  return entries(found, 'an object of report types and paths').flatMap(([type, report]) => {
    if (report.value === null) return []
    if (type === 'coverage_report') return [coverageReport(report)]
    if (!Object.hasOwn(REPORT_TYPES, type)) {
      refuse(report.at, `is not supported; allowed: coverage_report, ${Object.keys(REPORT_TYPES).join(', ')}`)
    }
    return [{ type, paths: oneOrMore(report, (path) => word(path)) }]
  })
}

function coverageReport(found: Found): { type: string; paths: string[] } {
  const given = members(found, ['coverage_format', 'path'])
  return {
    type: required(given.coverage_format, `${found.at}.coverage_format`, (format) =>
      oneOf(format, ['cobertura', 'jacoco']),
    ),
    paths: [required(given.path, `${found.at}.path`, (path) => word(path))],
  }
}
