import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, ProjectTokenInvalid } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { digestOf, newProjectToken, tokenPrefix } from '../tokens.ts'
import type { ProjectToken } from './project-token.ts'

/**
 * Creates a password of `git` over HTTP. Only its digest is stored.
 *
 * @returns the token, which is not shown again; `project_token_invalid` when it would have expired already.
 */
export async function createProjectToken(
  { projectTokens, clock }: Pick<Ports, 'projectTokens' | 'clock'>,
  given: Pick<ProjectToken, 'projectId' | 'name' | 'access' | 'expiresAt'>,
): Promise<Result<{ id: number; token: string }, ProjectNotFound | ProjectTokenInvalid>> {
  if (given.expiresAt !== null && given.expiresAt <= clock.now()) {
    return err({ kind: 'project_token_invalid', field: 'expiresAt', reason: 'this time is past; allowed: a later one' })
  }
  const token = newProjectToken()
  const id = await projectTokens.create({ ...given, digest: digestOf(token), tokenPrefix: tokenPrefix(token) })
  return id === null ? err({ kind: 'project_not_found', id: given.projectId }) : ok({ id, token })
}
