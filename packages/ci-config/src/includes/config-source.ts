/** The files of one project at one commit. */
export interface ProjectFiles {
  /** The project's full path. Files of the same project count as the same when their paths are. */
  readonly project: string
  /** Returns the text of a file, or null when there is no such file. The path is from the top folder, without a leading slash. */
  read(path: string, signal: AbortSignal): Promise<string | null>
  /** Returns the paths of all files, in the order of their bytes. Absent where files can be read but not listed. */
  list?(signal: AbortSignal): Promise<readonly string[]>
}

/**
 * Why a project's files cannot be had: nothing is known that could have them (`unknown`), there is no such project or no
 * access to it (`denied`), or it has no such branch, tag or commit (`no-ref`).
 */
export type ProjectRefusal = 'unknown' | 'denied' | 'no-ref'

interface RemoteRequest {
  readonly address: string
  /** Seconds that an earlier answer may be used; null when the file is to be fetched. */
  readonly cacheSeconds: number | null
}

/** What came of fetching an address, its retries included. */
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

/** What came of looking for a file in a job's artifacts; an error is a whole sentence. */
export type ArtifactAnswer = { readonly text: string } | { readonly missing: 'job' } | { readonly error: string }

/**
 * Where a configuration gets files from that are not part of its own text. Each method may be absent: what needs it is then
 * refused with a sentence that says so. Methods stop when the signal is aborted, and bound what they read: a file may have
 * 2 MiB (`MAX_TEXT_BYTES`). They throw only for faults of the server itself.
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
  /** Returns the project of a component. `unknown` stands for a host that is not known. */
  component?(address: ComponentAddress, signal: AbortSignal): Promise<ComponentProject | ProjectRefusal>
  /** Returns a file of a job of the parent pipeline. Present only where a child pipeline is made. */
  artifact?(job: string, path: string, signal: AbortSignal): Promise<ArtifactAnswer>
  /**
   * Returns the paths that changed, or null when that is not known.
   *
   * @param since - a branch, tag or commit to compare with; null means the state before the push. An unknown one gives
   *   `no-ref`.
   */
  changedPaths?(since: string | null, signal: AbortSignal): Promise<readonly string[] | null | 'no-ref'>
}
