import { err, ok, type Result } from '@yardmaster/common'
import type { GroupNotFound, ProjectNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { newRegistrationToken } from '../tokens.ts'

/** Replaces a registration token; the old one no longer registers runners. Runners registered with it stay. */
export async function rotateRegistrationToken(
  { projects, settings }: Pick<Ports, 'projects' | 'settings'>,
  of: { kind: 'instance' } | { kind: 'group' | 'project'; id: number },
): Promise<Result<string, ProjectNotFound | GroupNotFound>> {
  const token = newRegistrationToken()
  if (of.kind === 'instance') {
    await settings.replaceRegistrationToken(token)
    return ok(token)
  }
  if (await projects.replaceRegistrationToken(of, token)) return ok(token)
  return err(of.kind === 'group' ? { kind: 'group_not_found', id: of.id } : { kind: 'project_not_found', id: of.id })
}
