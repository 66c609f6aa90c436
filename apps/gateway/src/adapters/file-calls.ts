import type {
  ComponentAddress,
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
    readonly answer: HostedCommit | ProjectRefusal
  }
  readonly component: { readonly given: ComponentAddress; readonly answer: HostedCommit | ProjectRefusal }
  readonly read: {
    readonly given: { readonly commit: HostedCommit; readonly path: string }
    readonly answer: string | null
  }
}

/** Makes a call and returns its answer. */
export type CallForFiles = <Name extends keyof FileCalls>(
  name: Name,
  given: FileCalls[Name]['given'],
) => Promise<FileCalls[Name]['answer']>

const SEMANTIC = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

/** Returns the files of other commits as the compiler reads them, by calls. */
export function filesByCalls(call: CallForFiles): OtherFiles {
  const filesOf = (commit: HostedCommit): ProjectFiles => ({
    project: commit.project,
    read: (path) => call('read', { commit, path }),
  })
  return {
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
