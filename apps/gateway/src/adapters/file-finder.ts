import type { FileCalls } from './file-calls.ts'
import type { HostedProjects } from './hosted-projects.ts'
import type { RemoteFiles } from './remote-files.ts'

/** Finds the included files that are not of the pipeline's own commit. Its functions stop when the signal is aborted. */
export type FileFinder = {
  readonly [Name in keyof FileCalls]: (
    given: FileCalls[Name]['given'],
    signal: AbortSignal,
  ) => Promise<FileCalls[Name]['answer']>
}

/** Finds no files: what a configuration includes of other commits is refused. */
export const NO_FILES: FileFinder = {
  remote: async () => ({ failed: 'refused', reason: 'this server fetches no addresses' }),
  project: async () => 'unknown',
  component: async () => 'unknown',
  read: async () => null,
}

/** Finds files at public addresses, and in projects of other servers. */
export const fileFinder = (addresses: RemoteFiles, projects: HostedProjects): FileFinder => ({
  remote: (request, signal) => addresses.fetch(request, signal),
  project: ({ path, ref }, signal) => projects.project(path, ref, signal),
  component: (address, signal) => projects.component(address, signal),
  read: ({ commit, path }, signal) => projects.read(commit, path, signal),
})
