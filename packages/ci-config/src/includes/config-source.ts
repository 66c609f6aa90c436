/** The files of one project at one commit. */
export interface ProjectFiles {
  /** The project's full path. Files of the same project count as the same when their paths are. */
  readonly project: string
  /** The commit; absent when the files were given and not read from a repository. */
  readonly sha?: string
  /**
   * Returns the text of a file, or null when there is no such file. The path starts at the top folder, without a
   * leading slash.
   */
  read(path: string, signal: AbortSignal): Promise<string | null>
  /**
   * Returns the paths of all files in bytewise order; null when they are too many. Absent when files can be read but not
   * listed.
   */
  list?(signal: AbortSignal): Promise<readonly string[] | null>
}

/**
 * Why a project's files are not available: no server with them is known (`unknown`), there is no such project or no
 * access to it (`denied`), it has no such branch, tag or commit (`no-ref`), or its server does not answer as it should
 * (`unreachable`).
 */
export type ProjectRefusal = 'unknown' | 'denied' | 'no-ref' | 'unreachable'

export interface RemoteRequest {
  readonly address: string
  /** How old a cached response may be, in seconds; null to always fetch the file. */
  readonly cacheSeconds: number | null
}

/** The result of fetching an address, including retries. */
export type RemoteAnswer =
  | { readonly bytes: Uint8Array }
  | { readonly failed: 'timeout' | 'socket' | 'http' | 'empty' }
  | { readonly failed: 'status'; readonly status: number; readonly attempts: number }
  /** The address may not be fetched, or refused the connection. The reason is a part of a sentence. */
  | { readonly failed: 'refused'; readonly reason: string }

/** `<host>/<project path>/<name>@<version>`. */
export interface ComponentAddress {
  readonly host: string
  readonly project: string
  readonly name: string
  /** A tag, a branch or a commit. */
  readonly version: string
}

export interface ComponentProject {
  readonly files: ProjectFiles
  /** The commit that the version means. */
  readonly sha: string
  /** The version when it is a semantic one, else null. */
  readonly version: string | null
}

/** The result of looking for a file in a job's artifacts; an error is a whole sentence. */
export type ArtifactAnswer = { readonly text: string } | { readonly missing: 'job' } | { readonly error: string }

/**
 * Provides the files that a configuration includes. Each method may be absent: includes that need it are then refused
 * with a sentence that says so. Methods stop when the signal is aborted, and bound what they read: a file may have 2
 * MiB (`MAX_TEXT_BYTES`). They throw only for faults of the server itself.
 */
export interface ConfigSource {
  /** The files of the configuration's own project and commit. */
  readonly files?: ProjectFiles
  /**
   * Returns the files of another project of this server.
   *
   * @param ref - a branch, tag or commit; null means the default branch.
   */
  project?(path: string, ref: string | null, signal: AbortSignal): Promise<ProjectFiles | ProjectRefusal>
  /** Fetches an address, without any credentials. */
  remote?(request: RemoteRequest, signal: AbortSignal): Promise<RemoteAnswer>
  /** Returns the project of a component; `unknown` for an unknown host. */
  component?(address: ComponentAddress, signal: AbortSignal): Promise<ComponentProject | ProjectRefusal>
  /** Returns a file of a job of the parent pipeline. Present only when a child pipeline is created. */
  artifact?(job: string, path: string, signal: AbortSignal): Promise<ArtifactAnswer>
  /**
   * Returns the paths that changed, or null when they are unknown.
   *
   * @param since - a branch, tag or commit to compare with; null means the state before the push. An unknown one
   * returns `no-ref`.
   */
  changedPaths?(since: string | null, signal: AbortSignal): Promise<readonly string[] | null | 'no-ref'>
}
