/** The properties of a job that its refspecs depend on. */
export interface FetchedRef {
  readonly ref: string
  readonly tag: boolean
  /** The full hash of a commit; null when the job has none. */
  readonly sha: string | null
  readonly pipelineId: number
  /** Whether this server names the commit of a pipeline. */
  readonly isServedHere: boolean
  /** Commits; 0 is the whole history. */
  readonly depth: number
}

/**
 * Returns what a runner fetches from a project's repository. The first refspec names the commit, so that a job runs
 * even when its ref has moved on by more than `depth` commits, or is gone. The ref itself is fetched for scripts that
 * use it.
 *
 * Another server has to serve commits that are not the tip of a ref. Every server does with version 2 of Git's protocol,
 * the default since Git 2.26; with older versions `uploadpack.allowReachableSHA1InWant` or `allowAnySHA1InWant` must be
 * set.
 *
 * @see `docs/protocol/job-request.md 9`
 */
export function refspecs({ ref, tag, sha, pipelineId, isServedHere, depth }: FetchedRef): string[] {
  const named = `refs/pipelines/${pipelineId}`
  const commit = sha === null ? [] : [`+${isServedHere ? named : sha}:${named}`]
  if (depth === 0) return [...commit, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  // Without a commit only the ref is fetched, so a missing ref has to be an error.
  const name = sha === null ? ref : ifThere(ref)
  return [...commit, tag ? `+refs/tags/${name}:refs/tags/${name}` : `+refs/heads/${name}:refs/remotes/origin/${name}`]
}

/**
 * Returns a pattern that matches the ref and hardly any other. Git fails the whole fetch when a named ref is missing,
 * while a pattern may match nothing.
 */
function ifThere(ref: string): string {
  const characters = [...ref]
  const half = Math.ceil(characters.length / 2)
  return `${characters.slice(0, half).join('')}*${characters.slice(half).join('')}`
}
