import type { RepositoryOwner } from '@yardmaster/domain/ports'
import type { Mirrored } from './mirrors.ts'

/** Returns what a mirror of a project's repository takes. It is whole when runners clone from here. */
export const mirroredOf = ({ id, repository, clone, defaultBranch }: RepositoryOwner): Mirrored => ({
  projectId: id,
  access: repository,
  isPartial: clone === 'direct',
  defaultBranch,
})
