import type { Variable } from './variable.ts'

/** A job's keywords, validated and normalised. Stored encrypted as JSON, and never changed afterwards. */
export interface JobDefinition {
  readonly beforeScript: readonly string[]
  readonly script: readonly string[]
  readonly afterScript: readonly string[]
  readonly image: ImageDefinition | null
  readonly services: readonly ServiceDefinition[]
  readonly variables: readonly Variable[]
  readonly tags: readonly string[]
  /** The job's own limit in seconds. */
  readonly timeout: number | null
  readonly artifacts: ArtifactsDefinition | null
  readonly cache: readonly CacheDefinition[]
  /** Ids of earlier jobs whose artifacts are fetched. */
  readonly dependencies: readonly number[]
  readonly retry: RetryDefinition
  readonly allowFailure: boolean
  /** A failure with one of these exit codes is allowed. */
  readonly allowFailureExitCodes: readonly number[]
  readonly when: 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed'
  /** Seconds that a delayed job waits. */
  readonly startIn: number | null
  readonly resourceGroup: string | null
  readonly hooks: readonly { readonly name: string; readonly script: readonly string[] }[]
  readonly inputs: readonly JobInput[]
  readonly interruptible: boolean
  /** Lines of the step `release`; empty when there is no release. */
  readonly release: readonly string[]
  /** Step syntax: a list of step objects, sent as JSON text. */
  readonly run: readonly unknown[] | null
  /** Variable name → where a runner gets its value, in the form used on the wire (`docs/protocol/job-request.md 9`). */
  readonly secrets: Readonly<Record<string, unknown>>
}

export interface ImageDefinition {
  readonly name: string
  readonly entrypoint: readonly string[] | null
  readonly pullPolicy: readonly string[] | null
  readonly executorOpts: ExecutorOpts
}

/** The options that runners know; any other option makes them fail the job. */
export interface ExecutorOpts {
  readonly docker?: { readonly platform?: string; readonly user?: string }
  readonly kubernetes?: { readonly user?: string }
}

export interface ServiceDefinition extends ImageDefinition {
  readonly alias: string | null
  readonly command: readonly string[] | null
  readonly variables: readonly Variable[]
}

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

export interface CacheDefinition {
  readonly key: string
  readonly untracked: boolean
  readonly unprotect: boolean
  readonly paths: readonly string[]
  readonly policy: 'pull-push' | 'pull' | 'push'
  readonly when: 'on_success' | 'on_failure' | 'always'
  readonly fallbackKeys: readonly string[]
}

export interface RetryDefinition {
  readonly max: number
  readonly when: readonly string[]
  readonly exitCodes: readonly number[]
}

export interface JobInput {
  readonly key: string
  readonly type: 'string' | 'number' | 'boolean' | 'array' | 'struct'
  readonly content: unknown
  readonly sensitive: boolean
}
