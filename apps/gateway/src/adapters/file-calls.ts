import type {
  ComponentAddress,
  KnownCommit,
  OtherFiles,
  ProjectFiles,
  ProjectRefusal,
  RemoteAnswer,
  RemoteRequest,
} from '@yardmaster/ci-config'
import type { HostedCommit } from './hosted-projects.ts'

/** What the thread of the compiler asks the main thread for, by name: it reaches no network itself. Plain data. */
export interface FileCalls {
  readonly remote: { readonly given: RemoteRequest; readonly answer: RemoteAnswer }
  readonly project: {
    readonly given: { readonly path: string; readonly ref: string | null }
    readonly answer: FoundCommit | ProjectRefusal
  }
  readonly component: { readonly given: ComponentAddress; readonly answer: FoundCommit | ProjectRefusal }
  readonly read: {
    readonly given: { readonly commit: FoundCommit; readonly path: string }
    readonly answer: string | null
  }
  readonly list: { readonly given: KnownCommit; readonly answer: readonly string[] | null }
}

/** A commit of a project on another server, or of one here. */
type FoundCommit = HostedCommit | KnownCommit

/** Makes a call and returns its answer. */
export type CallForFiles = <Name extends keyof FileCalls>(
  name: Name,
  given: FileCalls[Name]['given'],
) => Promise<FileCalls[Name]['answer']>

const SEMANTIC = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

/**
 * Returns files as the compiler reads them, by calls.
 *
 * @param own - the pipeline's own commit, when its files can be read.
 */
export function filesByCalls(call: CallForFiles, own: KnownCommit | null): OtherFiles {
  const filesOf = (commit: FoundCommit): ProjectFiles => ({
    ...{ project: commit.project, sha: commit.sha },
    read: (path) => call('read', { commit, path }),
    // The interface for files of other servers lists none.
    ...('projectId' in commit && { list: () => call('list', commit) }),
  })
  return {
    ...(own && { files: filesOf(own) }),
    remote: (request) => call('remote', request),
    async project(path, ref) {
      const found = await call('project', { path, ref })
      return typeof found === 'string' ? found : filesOf(found)
    },
    async component(address) {
      const found = await call('component', address)
      if (typeof found === 'string') return found
      const { version } = address
      return { files: filesOf(found), sha: found.sha, version: SEMANTIC.test(version) ? version : null }
    },
  }
}
