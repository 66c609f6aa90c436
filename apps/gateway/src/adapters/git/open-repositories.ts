import type { GitServer, Repositories } from '@yardmaster/domain/ports'
import { GitRepositories } from './git-repositories.ts'
import { MirrorServer } from './mirror-server.ts'
import { type MirrorOptions, Mirrors, temporaryIn } from './mirrors.ts'
import { OwnRepositories, type OwnRepositoryParts } from './own-repositories.ts'

/** The repositories of projects, to be read by use cases and by git clients. */
export interface OpenRepositories extends AsyncDisposable {
  readonly repositories: Repositories
  readonly gitServer: GitServer
}

/** Opens the folder with the copies of repositories. */
export async function openRepositories(
  root: string,
  {
    limits,
    mostRunBytes,
    environment,
    ...parts
  }: Omit<MirrorOptions, 'bringOwn'> & Pick<OwnRepositoryParts, 'store' | 'objects' | 'artifacts' | 'mostRunBytes'>,
): Promise<OpenRepositories> {
  const place = { home: temporaryIn(root), environment }
  const own = new OwnRepositories({ ...parts, place, mostBytes: limits.mostBytes, mostRunBytes })
  const mirrors = await Mirrors.open(root, { limits, environment, bringOwn: (...given) => own.bring(...given) })
  return {
    repositories: new GitRepositories(mirrors),
    gitServer: new MirrorServer(mirrors, own),
    [Symbol.asyncDispose]: () => mirrors[Symbol.asyncDispose](),
  }
}
