import type { KnownFiles } from '@yardmaster/domain/ports'
import type { FileCalls } from './file-calls.ts'
import type { HostedProjects } from './hosted-projects.ts'
import type { RemoteFiles } from './remote-files.ts'

/** Answers the calls for files. Its functions stop when the signal is aborted. */
export type FileFinder = {
  readonly [Name in keyof FileCalls]: (
    given: FileCalls[Name]['given'],
    signal: AbortSignal,
  ) => Promise<FileCalls[Name]['answer']>
}

/** Finds the files that this server does not have. */
export type FilesElsewhere = Pick<FileFinder, 'remote' | 'project' | 'component' | 'read'>

/** Finds no files elsewhere: what a configuration includes from there is refused. */
export const NO_FILES: FilesElsewhere = {
  remote: async () => ({ failed: 'refused', reason: 'this server fetches no addresses' }),
  project: async () => 'unknown',
  component: async () => 'unknown',
  read: async () => null,
}

/** Finds files at public addresses, and in projects of other servers. */
export const filesElsewhere = (addresses: RemoteFiles, projects: HostedProjects): FilesElsewhere => ({
  remote: (request, signal) => addresses.fetch(request, signal),
  project: ({ path, ref }, signal) => projects.project(path, ref, signal),
  component: (address, signal) => projects.component(address, signal),
  read: async ({ commit, path }, signal) => ('base' in commit ? await projects.read(commit, path, signal) : null),
})

/** Finds the files of projects known here first, and then those elsewhere. */
export const fileFinder = (known: KnownFiles, elsewhere: FilesElsewhere): FileFinder => ({
  remote: elsewhere.remote,
  async project(given, signal) {
    const found = await known.project(given.path, given.ref)
    return found === 'unknown' ? await elsewhere.project(given, signal) : found
  },
  async component(address, signal) {
    const found = await known.component(address)
    return found === 'unknown' ? await elsewhere.component(address, signal) : found
  },
  async read({ commit, path }, signal) {
    return 'base' in commit ? await elsewhere.read({ commit, path }, signal) : await known.read(commit, path)
  },
  list: async (commit) => await known.list(commit),
})
