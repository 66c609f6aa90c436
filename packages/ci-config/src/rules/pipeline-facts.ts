/** The facts about a pipeline that are known before its jobs are chosen. */
export interface PipelineFacts {
  /** The source of the pipeline: `push`, `api`, `web`, `schedule`, `merge_request_event` … */
  readonly source: string
  /** The branch or tag. */
  readonly ref: string
  /** Whether the ref is a branch, a tag, or neither. */
  readonly refKind: 'branch' | 'tag' | 'other'
  readonly projectPath: string
  /** Paths that the push changed; null when they are not known. */
  readonly changedPaths: readonly string[] | null
  /** Returns the paths that changed since a ref; null when the ref is not known. */
  changedSince?(ref: string): readonly string[] | null
  /** Paths of the commit's files; null when they are not known. */
  readonly files: readonly string[] | null
  /** Returns the files of another project at a ref, or why they can't be had. */
  filesOf?(project: string, ref: string | null): readonly string[] | { readonly refused: 'project' | 'ref' }
}

/** The facts that a condition can use. */
export interface Scope {
  readonly facts: PipelineFacts
  /** As they are compared: values are not expanded. */
  readonly variables: ReadonlyMap<string, string>
  /** As they stand in path patterns: references to other variables are resolved. */
  readonly expanded: ReadonlyMap<string, string>
  /** Names of variables whose values explanations hide. */
  readonly masked?: ReadonlySet<string>
}

/** A rule that cannot be decided. */
export class RuleError extends Error {}
