import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { newHookSecret } from '../tokens.ts'

/** Replaces the secret of a project's incoming hooks at once. It is not shown again. */
export async function rotateHookSecret(
  { hooks }: Pick<Ports, 'hooks'>,
  projectId: number,
): Promise<Result<string, ProjectNotFound>> {
  const secret = newHookSecret()
  return (await hooks.replaceSecret(projectId, secret)) ? ok(secret) : err({ kind: 'project_not_found', id: projectId })
}
