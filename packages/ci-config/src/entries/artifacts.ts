import { Dict, isBlank, type Json, List, toJson, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { ARTIFACT_WHEN } from './cache.ts'
import { checkExpiry } from './durations.ts'
import { asList, member, OwnFaults } from './own-faults.ts'

const KEYS = ['name', 'untracked', 'paths', 'reports', 'when', 'expire_in', 'expose_as', 'exclude', 'public', 'access']
const ACCESS = ['none', 'developer', 'maintainer', 'all']
const EXPOSE_AS = /^\w[-\w ]*$/
const MAX_EXPOSE_AS = 100

/** Reports whose values are paths. */
const REPORTS = (
  'junit codequality sast secret_detection dependency_scanning container_scanning dast performance browser_performance ' +
  'load_performance license_scanning metrics lsif dotenv terraform accessibility coverage_fuzzing api_fuzzing ' +
  'cluster_image_scanning requirements requirements_v2 cyclonedx annotations repository_xray sarif'
).split(' ')

/** In the order in which they are checked. */
const REPORTS_CHECKED = (
  'junit api_fuzzing coverage_fuzzing sast sast secret_detection dependency_scanning container_scanning ' +
  'cluster_image_scanning dast performance browser_performance load_performance license_scanning metrics lsif dotenv ' +
  'terraform accessibility requirements requirements_v2 cyclonedx annotations repository_xray sarif'
).split(' ')

/** Checks `artifacts`. */
export const checkArtifacts: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.allowedKeys(value, KEYS)
  const given = (key: string) => member(value, key)
  const exposeAs = given('expose_as')
  const paths = given('paths')
  if (exposeAs !== undefined) own.present(paths, 'paths')
  own.exclusiveKeys(value, ['access', 'public'])
  if (given('name') !== undefined) own.text(given('name'), 'name')
  for (const key of ['public', 'untracked']) if (given(key) !== undefined) own.boolean(given(key), key)
  if (paths !== undefined) own.listOfTexts(paths, 'paths')
  if (exposeAs !== undefined) checkExposed(own, exposeAs, paths)
  if (given('exclude') !== undefined) own.listOfTexts(given('exclude'), 'exclude')
  if (given('reports') !== undefined) own.map(given('reports'), 'reports')
  if (given('when') !== undefined) own.oneOf(given('when'), ARTIFACT_WHEN, 'when')
  if (given('expire_in') !== undefined) checkExpiry(own, given('expire_in'), 'expire_in')
  if (given('access') !== undefined) own.oneOf(given('access'), ACCESS, 'access')
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { reports: checkReports })
}

function checkExposed(own: OwnFaults, exposeAs: Value, paths: Value | undefined): void {
  if (paths instanceof List && paths.items.every((path) => typeof path === 'string')) {
    const hasStar = paths.items.some((path) => path.includes('*'))
    own.expect(!hasStar, 'paths', "can't contain '*' when used with 'expose_as'")
  } else if (paths !== undefined) {
    own.listOfTexts(paths, 'paths')
  }
  own.text(exposeAs, 'expose_as')
  own.maximumLength(exposeAs, MAX_EXPOSE_AS, 'expose_as')
  const fits = EXPOSE_AS.test(String(exposeAs))
  own.expect(fits, 'expose_as', "can contain only letters, digits, '-', '_' and spaces")
}

const checkReports: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.allowedKeys(value, [...REPORTS, 'coverage_report'])
  for (const report of REPORTS_CHECKED) {
    const paths = member(value, report)
    if (paths !== undefined) own.listOfTextsOrText(paths, report)
  }
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { coverage_report: checkCoverageReport })
}

const COVERAGE_FORMATS = ['cobertura', 'jacoco']

const checkCoverageReport: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.allowedKeys(value, ['coverage_format', 'path'])
  const format = member(value, 'coverage_format')
  own.present(format, 'coverage_format')
  const isKnown = typeof format === 'string' && COVERAGE_FORMATS.includes(format)
  const allowed = `must be one of supported formats: ${COVERAGE_FORMATS.join(', ')}.`
  own.expect(isKnown, 'coverage_format', allowed)
  const path = member(value, 'path')
  own.present(path, 'path')
  own.text(path, 'path')
  return own.found
}

/** Returns the artifacts as written, reports as lists of paths. */
export function artifactsOf(value: Value): Record<string, Json> {
  if (!(value instanceof Dict)) return {}
  return Object.fromEntries(
    value.entries().flatMap(([key, item]) => {
      if (item === null) return key === 'reports' ? [['reports', {}]] : []
      return [[String(key), key === 'reports' ? reportsOf(item) : toJson(item)]]
    }),
  )
}

const reportsOf = (value: Value): Json =>
  value instanceof Dict
    ? Object.fromEntries(
        value.entries().flatMap(([key, item]) => {
          if (item === null) return []
          return [[String(key), item instanceof Dict ? toJson(item) : asList(item).map(toJson)]]
        }),
      )
    : {}

/** Whether a job publishes a site: its directory is kept as an artifact. */
export function isPagesJob(name: string, job: Dict): boolean {
  const pages = job.get('pages')
  return !isBlank(pages) || (name === 'pages' && pages !== false)
}

/** Returns the directory that a pages job publishes. */
export function publishPath(job: Dict): string {
  const pages = job.get('pages')
  const path = (pages instanceof Dict ? member(pages, 'publish') : undefined) ?? member(job, 'publish')
  return typeof path === 'string' ? path : 'public'
}
