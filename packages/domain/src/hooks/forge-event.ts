/** A change of one branch or tag. */
export interface RefChange {
  /** Without `refs/heads/` or `refs/tags/`. */
  readonly ref: string
  readonly tag: boolean
  /** Null when the ref is new. */
  readonly before: string | null
  /** The commit that it points to now; null when the ref was deleted. */
  readonly after: string | null
  /** The message of that commit; null when the forge does not say it. */
  readonly message: string | null
  /** Whether the sender itself wants no pipeline. */
  readonly skip: boolean
}

/** Commits came, or refs were created, moved or deleted. */
export interface PushEvent {
  readonly kind: 'push'
  /** In the order of the payload; empty when nothing but other refs than branches and tags changed. */
  readonly changes: readonly RefChange[]
  /** The user name of who pushed; null when it is not known. */
  readonly user: string | null
  /** What `git push -o` said. */
  readonly options: PushOptions
}

export interface PushOptions {
  /** `ci.skip`. */
  readonly skip: boolean
  /** `ci.variable=KEY=VALUE`. */
  readonly variables: readonly { readonly key: string; readonly value: string }[]
}

export const NO_OPTIONS: PushOptions = { skip: false, variables: [] }

/** A merge request, or pull request, changed. */
export interface MergeRequestEvent {
  readonly kind: 'merge_request'
  /** `commits` when its source branch has other commits now, `changed` for other changes. */
  readonly action: 'opened' | 'reopened' | 'commits' | 'changed' | 'closed' | 'merged'
  readonly iid: number
  readonly sourceBranch: string
  readonly targetBranch: string
  /** The newest commit of the source branch. */
  readonly sha: string
  /** True unless the forge says that the source branch is in the same repository. */
  readonly fork: boolean
  /** The path of the repository of the source branch at the forge; null when it is gone. */
  readonly sourcePath: string | null
  readonly title: string | null
  readonly description: string | null
  readonly labels: readonly string[]
  readonly assignees: readonly string[]
  readonly milestone: string | null
  readonly draft: boolean
  readonly diffBaseSha: string | null
  /** The user name of its author. */
  readonly author: string | null
  /** The message of the newest commit; null when the forge does not say it. */
  readonly message: string | null
}

/** What a forge told, in the same words for all forges. */
export type ForgeEvent =
  | PushEvent
  | MergeRequestEvent
  /** The forge tests the hook. */
  | { readonly kind: 'ping' }
  /** Something that starts no pipelines anywhere. */
  | { readonly kind: 'other' }
