/** The format in which a report is uploaded, and its name in the upload (`docs/protocol/artifacts.md 5`). */
export interface ReportType {
  readonly format: 'gzip' | 'raw' | 'zip'
  readonly fileName: string
}

const gzip = (fileName: string): ReportType => ({ format: 'gzip', fileName })
const raw = (fileName: string): ReportType => ({ format: 'raw', fileName })

/**
 * Reports that a job may declare. Left out are `archive`, `metadata` and `trace`, which are not reports; the two
 * referees, which runners upload unasked; and `sarif`, whose format is unconfirmed: a wrong one would break the upload.
 */
export const REPORT_TYPES: Readonly<Record<string, ReportType>> = {
  junit: gzip('junit.xml'),
  metrics: gzip('metrics.txt'),
  dotenv: gzip('.env'),
  cobertura: gzip('cobertura-coverage.xml'),
  jacoco: gzip('jacoco-coverage.xml'),
  cluster_applications: gzip('gl-cluster-applications.json'),
  cyclonedx: gzip('gl-sbom.cdx.json'),
  annotations: gzip('gl-annotations.json'),
  repository_xray: gzip('gl-repository-xray.json'),
  lsif: { format: 'zip', fileName: 'lsif.json' },
  sast: raw('gl-sast-report.json'),
  secret_detection: raw('gl-secret-detection-report.json'),
  dependency_scanning: raw('gl-dependency-scanning-report.json'),
  container_scanning: raw('gl-container-scanning-report.json'),
  cluster_image_scanning: raw('gl-cluster-image-scanning-report.json'),
  dast: raw('gl-dast-report.json'),
  license_scanning: raw('gl-license-scanning-report.json'),
  accessibility: raw('gl-accessibility.json'),
  codequality: raw('gl-code-quality-report.json'),
  performance: raw('performance.json'),
  browser_performance: raw('browser-performance.json'),
  load_performance: raw('load-performance.json'),
  terraform: raw('tfplan.json'),
  requirements: raw('requirements.json'),
  requirements_v2: raw('requirements_v2.json'),
  coverage_fuzzing: raw('gl-coverage-fuzzing.json'),
  api_fuzzing: raw('gl-api-fuzzing-report.json'),
}
