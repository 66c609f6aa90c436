/** What of a job its refspecs depend on. */
export interface FetchedRef {
  readonly ref: string
  readonly tag: boolean
  /** The whole name of a commit; null when the job has none. */
  readonly sha: string | null
  readonly pipelineId: number
  /** Commits; 0 is the whole history. */
  readonly depth: number
}

/**
 * What a runner fetches from a project's own repository. The first refspec names the commit, so that a job runs although
 * its ref has moved on by more than `depth` commits, or is gone. The ref itself comes along for scripts that use it.
 *
 * The server has to answer a request for a commit that is no tip: each does by version 2 of Git's protocol, the default
 * since Git 2.26; by older ones `uploadpack.allowReachableSHA1InWant` or `allowAnySHA1InWant` has to be set.
 *
 * @see `docs/protocol/job-request.md 9`
 */
export function refspecs({ ref, tag, sha, pipelineId, depth }: FetchedRef): string[] {
  const commit = sha === null ? [] : [`+${sha}:refs/pipelines/${pipelineId}`]
  if (depth === 0) return [...commit, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  // Without a commit the ref is all there is to fetch: its absence has to be an error.
  const name = sha === null ? ref : ifThere(ref)
  return [...commit, tag ? `+refs/tags/${name}:refs/tags/${name}` : `+refs/heads/${name}:refs/remotes/origin/${name}`]
}

/**
 * A pattern that matches the ref, and hardly another one. Git refuses a fetch as a whole when a ref that it names is
 * missing; a pattern may match nothing.
 */
function ifThere(ref: string): string {
  const characters = [...ref]
  const half = Math.ceil(characters.length / 2)
  return `${characters.slice(0, half).join('')}*${characters.slice(half).join('')}`
}
