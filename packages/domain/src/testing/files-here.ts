import type { KnownCommit, OtherFiles, ProjectFiles } from '@yardmaster/ci-config'
import type { KnownFiles } from '../ports.ts'

/** For tests. Returns the files of projects here as the compiler reads them. */
export function filesHere(known: KnownFiles, own: KnownCommit | null): OtherFiles {
  const filesOf = (commit: KnownCommit): ProjectFiles => ({
    ...{ project: commit.project, sha: commit.sha },
    read: (path) => known.read(commit, path),
    list: () => known.list(commit),
  })
  return {
    ...(own && { files: filesOf(own) }),
    async project(path, ref) {
      const found = await known.project(path, ref)
      return typeof found === 'string' ? found : filesOf(found)
    },
    async component(address) {
      const found = await known.component(address)
      return typeof found === 'string' ? found : { files: filesOf(found), sha: found.sha, version: null }
    },
  }
}
